"""Check restored photographs by scikit-image, and what a GAN adds to its own terms by a control with noise.

usage: photo_checks.py RUN ...

The whole photographs of the report split are restored through `Sampler.apply` and compared by scikit-image's PSNR and
SSIM, next to the best of the data's baselines. Crops of them are compared in the features of the run: the Fréchet
distance to the true crops, and for a run next to a sweep `l1_alone` or `l2_alone` that of its network of the same seed
with Gaussian noise, as much as makes its squared error that of the run. For each run this prints what `scripts/results`
writes to RUN/checks.json:

  psnr_NAME, ssim_NAME, baseline_psnr_NAME, baseline_ssim_NAME   of each whole photograph
  psnr_gain, ssim_gain     means over photographs of the difference from the best baseline
  distance                 of crops
  distance_l1, distance_l1_noise, psnr_l1   of the L1 network alone, of its output with noise, and its PSNR on crops
  psnr                     on crops
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

import ganlab
from ganlab.config import instantiate
from ganlab.core.pixel_range import to_network_range
from ganlab.data import DataSet
from ganlab.features import Features
from ganlab.features.base import quantise
from ganlab.runs.directory import RunDirectory
from ganlab.training.build import build_data

ALONE, SEED = ("l1_alone", "l2_alone"), 0  # sweeps of networks without a discriminator


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the Fréchet distance of the Gaussians fitted to two sets of features (n, width).

    One singular value decomposition of n × n takes the place of a matrix root of width × width.
    """
    means = first.mean(0), second.mean(0)
    a, b = ((rows - mean) / np.sqrt(len(rows) - 1) for rows, mean in zip((first, second), means, strict=True))
    root = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return float(((means[0] - means[1]) ** 2).sum() + (a**2).sum() + (b**2).sum() - 2 * root)


def noise_like(images: Tensor, truth: Tensor, error: float) -> Tensor:
    """Return uint8 images with Gaussian noise, so that their mean squared error in grey levels is about `error`."""
    own = float((images.double() - truth.double()).square().mean())
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(SEED)) * max(0.0, error - own) ** 0.5
    return (images + noise).round().clamp(0, 255).to(torch.uint8)


def check_run(run: Path) -> dict[str, Any]:
    """Return the results for a run's generator."""
    config = RunDirectory(run).read_config("")
    data = build_data(config)
    result = _whole_photographs(ganlab.load(run), data)
    pairs = list(data.conditions(0, SEED, "test"))
    cond, truth = torch.cat([pair.cond for pair in pairs]), torch.cat([pair.truth for pair in pairs])
    output = quantise(ganlab.load(run).sample(len(cond), SEED, cond))
    features = instantiate(config.features)(data)
    result |= {"psnr": _psnr(output, truth), "distance": _distance(features, output, truth)}
    for other in (run.parent.parent / sweep / run.name for sweep in ALONE):
        if not other.is_dir() or other.resolve() == run.resolve():
            continue
        plain = quantise(ganlab.load(other).sample(len(cond), SEED, cond))
        error = float((output.double() - truth.double()).square().mean())
        noisy = noise_like(plain, truth, error)
        result |= {
            "psnr_l1": _psnr(plain, truth),
            "distance_l1": _distance(features, plain, truth),
            "distance_l1_noise": _distance(features, noisy, truth),
        }
    return {name: round(float(value), 4) for name, value in result.items()}


def _whole_photographs(sampler: Any, data: DataSet) -> dict[str, float]:
    result: dict[str, float] = {}
    gains: dict[str, list[float]] = {"psnr": [], "ssim": []}
    for name, pair in data.whole_pairs("test"):  # type: ignore[attr-defined]
        truth = _array(pair.truth)
        output = _array(quantise(sampler.apply(to_network_range(pair.cond))))
        known = [_array(quantise(make(to_network_range(pair.cond)))) for make in data.baselines().values()]
        for score, measure in (("psnr", peak_signal_noise_ratio), ("ssim", _similarity)):
            own, best = measure(truth, output), max(measure(truth, other) for other in known)
            result |= {f"{score}_{name}": own, f"baseline_{score}_{name}": best}
            gains[score].append(own - best)
    return result | {f"{score}_gain": float(np.mean(values)) for score, values in gains.items()}


def _similarity(truth: np.ndarray, image: np.ndarray) -> float:
    return float(structural_similarity(truth, image, channel_axis=2))


def _array(images: Tensor) -> np.ndarray:
    return images[0].permute(1, 2, 0).numpy()


def _psnr(images: Tensor, truth: Tensor) -> float:
    """Return the mean over images of their PSNR."""
    errors = (images.double() - truth.double()).square().flatten(1).mean(1).clamp(min=1e-6)
    return float((10 * (255**2 / errors).log10()).mean())


def _distance(features: Features, images: Tensor, truth: Tensor) -> float:
    rows = [
        torch.cat([features(part).features for part in each.split(60)]).double().numpy() for each in (images, truth)
    ]
    return frechet_distance(*rows)


if __name__ == "__main__":
    for path in sys.argv[1:]:
        print(path, json.dumps(check_run(Path(path)), indent=2))
