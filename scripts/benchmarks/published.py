"""A reimplementation of SNGAN-32 training as published in torch-mimicry (Lee & Town 2020).

The first batch of each group also updates the generator, before the discriminator. Each update draws its own latents
and runs the generator with its graph, although the discriminator only needs the images; the generator's update also
computes gradients of the discriminator. Weights are normalised by a power iteration in Python at every forward pass.
The metrics of each step are read as Python numbers. Adam, the memory format and the DataLoader with four workers are
those of its example.
Usage: published.py IMAGES.pt BATCH_SIZE DISCRIMINATOR_UPDATES DEVICE
"""

import sys
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from turns import Turns

LATENT, GENERATOR_WIDTH, DISCRIMINATOR_WIDTH = 128, 256, 128
ITERATIONS, RATE = 100_000, 2e-4


def normalised_weight(layer: nn.Module) -> Tensor:
    """Return the weight divided by its singular value after one power iteration; in training, save the vector."""
    matrix = layer.weight.flatten(1)
    with torch.no_grad():
        right = functional.normalize(layer.left @ matrix, dim=1)
        left = functional.normalize(right @ matrix.t(), dim=1)
    value = left @ (matrix @ right.t())
    if layer.training:
        with torch.no_grad():
            layer.left.copy_(left)
            layer.value.copy_(value.flatten())
    return layer.weight / value


class SpectralConvolution(nn.Conv2d):
    """A convolution with a spectrally normalised weight and the same output resolution."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)
        self.register_buffer("left", torch.randn(1, outputs))
        self.register_buffer("value", torch.ones(1))

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width)."""
        return functional.conv2d(images, normalised_weight(self), self.bias, padding=self.padding)


class SpectralLinear(nn.Linear):
    """A dense layer with a spectrally normalised weight."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.register_buffer("left", torch.randn(1, outputs))
        self.register_buffer("value", torch.ones(1))

    def forward(self, values: Tensor) -> Tensor:
        """Map values (n, inputs) to (n, outputs)."""
        return functional.linear(values, normalised_weight(self), self.bias)


class UpBlock(nn.Module):
    """A residual block of the generator, which doubles the resolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(2))
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.shortcut = nn.Conv2d(width, width, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width)."""
        hidden = self.first(upsample(functional.relu(self.norms[0](images), inplace=True)))
        hidden = self.second(functional.relu(self.norms[1](hidden), inplace=True))
        return hidden + self.shortcut(upsample(images))


def upsample(images: Tensor) -> Tensor:
    return functional.interpolate(images, scale_factor=2, mode="bilinear", align_corners=False)


class DiscriminatorBlock(nn.Module):
    """A residual block of the discriminator, which halves the resolution if `halves`."""

    def __init__(self, width: int, halves: bool) -> None:
        super().__init__()
        self.first, self.second = (SpectralConvolution(width, width, 3) for _ in range(2))
        self.halves = halves
        self.shortcut = SpectralConvolution(width, width, 1) if halves else nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width)."""
        hidden = functional.relu(images, inplace=True)  # in place, so the shortcut reads the result, too
        hidden = self.second(functional.relu(self.first(hidden), inplace=True))
        shortcut = self.shortcut(images)
        return (
            functional.avg_pool2d(hidden, 2) + functional.avg_pool2d(shortcut, 2) if self.halves else hidden + shortcut
        )


class FirstDiscriminatorBlock(nn.Module):
    """The first residual block of the discriminator, which halves the resolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = SpectralConvolution(3, width, 3), SpectralConvolution(width, width, 3)
        self.shortcut = SpectralConvolution(3, width, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width)."""
        hidden = self.second(functional.relu(self.first(images), inplace=True))
        return functional.avg_pool2d(hidden, 2) + self.shortcut(functional.avg_pool2d(images, 2))


def build_generator() -> nn.Module:
    width = GENERATOR_WIDTH
    blocks = [UpBlock(width) for _ in range(3)]
    last = [nn.BatchNorm2d(width), nn.ReLU(inplace=True), nn.Conv2d(width, 3, 3, padding=1), nn.Tanh()]
    return nn.Sequential(nn.Linear(LATENT, 16 * width), nn.Unflatten(1, (width, 4, 4)), *blocks, *last)


class Discriminator(nn.Module):
    """Four residual blocks and a sum over all positions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        blocks = [DiscriminatorBlock(width, halves) for halves in (True, False, False)]
        self.body = nn.Sequential(FirstDiscriminatorBlock(width), *blocks, nn.ReLU(inplace=True))
        self.last = SpectralLinear(width, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width)."""
        return self.last(self.body(images).sum((2, 3)))


class Images(Dataset):
    """Colour images that are converted to tensors one at a time."""

    def __init__(self, images: Tensor) -> None:
        self.images = np.ascontiguousarray(images.permute(0, 2, 3, 1).numpy())
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(self.images[index]), 0


def batches(images: Tensor, size: int) -> Iterator[Tensor]:
    loader = DataLoader(Images(images), batch_size=size, shuffle=True, num_workers=4)
    while True:
        yield from (batch for batch, _ in loader if len(batch) == size)


def train(images: Tensor, size: int, discriminator_updates: int, device: torch.device) -> None:
    generator, discriminator = build_generator().to(device), Discriminator(DISCRIMINATOR_WIDTH).to(device)
    optimizers = [
        torch.optim.Adam(network.parameters(), RATE, betas=(0.0, 0.9)) for network in (generator, discriminator)
    ]
    turns, data = Turns(device), batches(images, size)
    for iteration in range(ITERATIONS):
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = RATE * (1 - iteration / ITERATIONS)
        for index in range(discriminator_updates):
            real = next(data).to(device)
            if index == 0:
                generator.zero_grad()
                loss = -discriminator(generator(torch.randn(size, LATENT, device=device))).mean()
                loss.backward()
                optimizers[0].step()
                metrics = {"G": loss.item()}
            discriminator.zero_grad()
            real_logits = discriminator(real)
            fake_logits = discriminator(generator(torch.randn(size, LATENT, device=device)).detach())
            loss = functional.relu(1 - real_logits).mean() + functional.relu(1 + fake_logits).mean()
            loss.backward()
            optimizers[1].step()
            metrics |= {"D(x)": real_logits.sigmoid().mean().item(), "D(G(z))": fake_logits.sigmoid().mean().item()}
            metrics["D"] = loss.item()
            turns.count_step()
        print(iteration, metrics, file=sys.stderr)


if __name__ == "__main__":
    path, size, discriminator_updates, device = sys.argv[1:]
    torch.manual_seed(0)
    train(torch.load(path, weights_only=True), int(size), int(discriminator_updates), torch.device(device))
