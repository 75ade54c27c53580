"""The small convolutional network of the feature spaces that are trained on the labels of a data set."""

from typing import final

from torch import Tensor, nn

WIDTH = 64


@final
class ClassifierNetwork(nn.Module):
    """Maps images (n, channels, height, width), about in [−1, 1], to features (n, 64) and logits (n, classes)."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_block(channels, 16, 1),
            *_block(16, 32, 2),
            *_block(32, 64, 2),
            *_block(64, 128, 1),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, WIDTH), nn.ReLU()),
        )
        self.head = nn.Linear(WIDTH, classes)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return features and logits."""
        features = self.body(images)
        return features, self.head(features)


def _block(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
