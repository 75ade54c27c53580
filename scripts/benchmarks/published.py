"""SNGAN-32 trained as torch-mimicry publishes it (Lee & Town 2020), written anew from what its steps do.

Of every group of batches the first trains the generator too, before the critic. Each step draws its own latents and
runs the generator with its graph, though the critic only wants the images; the generator's step computes the critic's
gradients as well; weights are normalised by a power iteration in Python at each pass, in training and on both paths;
the metrics of each step are read as numbers. Adam, the memory format and the DataLoader with its four workers are as
its example has them. Usage: published.py IMAGES.pt BATCH_SIZE CRITIC_STEPS DEVICE
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

LATENT, GENERATOR_WIDTH, CRITIC_WIDTH = 128, 256, 128
ITERATIONS, RATE = 100_000, 2e-4


def normalised(layer: nn.Module) -> Tensor:
    """Divide a layer's weight by the singular value that one power iteration finds, and remember its vector."""
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
    """A convolution that keeps the resolution, with a normalised weight."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)
        self.register_buffer("left", torch.randn(1, outputs))
        self.register_buffer("value", torch.ones(1))

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width)."""
        return functional.conv2d(images, normalised(self), self.bias, padding=self.padding)


class SpectralLinear(nn.Linear):
    """A dense layer with a normalised weight."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.register_buffer("left", torch.randn(1, outputs))
        self.register_buffer("value", torch.ones(1))

    def forward(self, values: Tensor) -> Tensor:
        """Map values (n, inputs) to (n, outputs)."""
        return functional.linear(values, normalised(self), self.bias)


class UpBlock(nn.Module):
    """The generator's block: twice the resolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(2))
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.shortcut = nn.Conv2d(width, width, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width)."""
        hidden = self.first(doubled(functional.relu(self.norms[0](images), inplace=True)))
        hidden = self.second(functional.relu(self.norms[1](hidden), inplace=True))
        return hidden + self.shortcut(doubled(images))


def doubled(images: Tensor) -> Tensor:
    return functional.interpolate(images, scale_factor=2, mode="bilinear", align_corners=False)


class CriticBlock(nn.Module):
    """A block of the critic, which maybe halves the resolution."""

    def __init__(self, width: int, halves: bool) -> None:
        super().__init__()
        self.first, self.second = (SpectralConvolution(width, width, 3) for _ in range(2))
        self.halves = halves
        self.shortcut = SpectralConvolution(width, width, 1) if halves else nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width)."""
        hidden = functional.relu(images, inplace=True)  # which changes what the shortcut reads too
        hidden = self.second(functional.relu(self.first(hidden), inplace=True))
        shortcut = self.shortcut(images)
        return (
            functional.avg_pool2d(hidden, 2) + functional.avg_pool2d(shortcut, 2) if self.halves else hidden + shortcut
        )


class FirstCriticBlock(nn.Module):
    """The critic's first block: half the resolution."""

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


class ShowsFeatures(nn.Module):
    """Four blocks and a sum over all positions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        blocks = [CriticBlock(width, halves) for halves in (True, False, False)]
        self.body = nn.Sequential(FirstCriticBlock(width), *blocks, nn.ReLU(inplace=True))
        self.last = SpectralLinear(width, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (n, channels, height, width)."""
        return self.last(self.body(images).sum((2, 3)))


class Images(Dataset):
    """Colour images that are turned into tensors one at a time."""

    def __init__(self, images: Tensor) -> None:
        self.images = np.ascontiguousarray(images.permute(0, 2, 3, 1).numpy())
        self.change = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.change(self.images[index]), 0


def batches(images: Tensor, size: int) -> Iterator[Tensor]:
    loader = DataLoader(Images(images), batch_size=size, shuffle=True, num_workers=4)
    while True:
        yield from (batch for batch, _ in loader if len(batch) == size)


def train(images: Tensor, size: int, critic_steps: int, device: torch.device) -> None:
    generator, critic = build_generator().to(device), ShowsFeatures(CRITIC_WIDTH).to(device)
    optimizers = [torch.optim.Adam(each.parameters(), RATE, betas=(0.0, 0.9)) for each in (generator, critic)]
    turns, data = Turns(device), batches(images, size)
    for iteration in range(ITERATIONS):
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = RATE * (1 - iteration / ITERATIONS)
        for index in range(critic_steps):
            real = next(data).to(device)
            if index == 0:
                generator.zero_grad()
                loss = -critic(generator(torch.randn(size, LATENT, device=device))).mean()
                loss.backward()
                optimizers[0].step()
                metrics = {"G": loss.item()}
            critic.zero_grad()
            on_real = critic(real)
            on_fake = critic(generator(torch.randn(size, LATENT, device=device)).detach())
            loss = functional.relu(1 - on_real).mean() + functional.relu(1 + on_fake).mean()
            loss.backward()
            optimizers[1].step()
            metrics |= {"D(x)": on_real.sigmoid().mean().item(), "D(G(z))": on_fake.sigmoid().mean().item()}
            metrics["D"] = loss.item()
            turns.step_is_done()
        print(iteration, metrics, file=sys.stderr)


if __name__ == "__main__":
    path, size, critic_steps, device = sys.argv[1:]
    torch.manual_seed(0)
    train(torch.load(path, weights_only=True), int(size), int(critic_steps), torch.device(device))
