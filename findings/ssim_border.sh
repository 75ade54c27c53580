#!/usr/bin/env bash
# torchmetrics 1.9.0 and scikit-image 0.26.0: SSIM of one window and sigma differs by 0.16 for a fault at the border.
#
# Behaviour: scikit-image averages over the pixels whose window lies inside the image. torchmetrics reflects the image at
#   its border, and averages over all pixels. (Its cut-out of the inner pixels concerns only the contrast that it returns.)
# Seen: a 28x28 part of a photograph whose first row is inverted has SSIM 0.989 with scikit-image and 0.827 with
#   torchmetrics; the mean of scikit-image's full map of the reflected image is torchmetrics' number.
# One would have guessed: with a Gaussian window of sigma 1.5 and population statistics both follow the paper (Wang et al.
#   2004) and agree but for rounding, as they nearly do on large photographs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.15.0 torchmetrics==1.9.0 scikit-image==0.26.0 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import torch
from skimage import data
from skimage.metrics import structural_similarity
from torchmetrics.functional.image import structural_similarity_index_measure

SETTINGS = {"data_range": 1.0, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
WINDOW = 11


def by_torchmetrics(first, second):
    images = (torch.tensor(image)[None, None] for image in (first, second))
    return float(structural_similarity_index_measure(*images, data_range=1.0, sigma=1.5, kernel_size=WINDOW))


def reflected_mean(first, second):
    side = WINDOW // 2
    padded = [np.pad(image, side, mode="reflect") for image in (first, second)]
    _, values = structural_similarity(*padded, full=True, **SETTINGS)
    return float(values[side:-side, side:-side].mean())


photograph = data.camera()[200:228, 200:228] / 255
faulty = photograph.copy()
faulty[0] = 1 - faulty[0]
inner = structural_similarity(photograph, faulty, **SETTINGS)
whole, reflected = by_torchmetrics(photograph, faulty), reflected_mean(photograph, faulty)
print(f"scikit-image {inner:.3f}, torchmetrics {whole:.3f}, scikit-image's map of the reflected image {reflected:.3f}")
assert inner - whole > 0.1, "the two now agree on a fault at the border"
assert abs(whole - reflected) < 1e-3, "torchmetrics does not average over the reflected border"
print("as described: a fault at the border counts for torchmetrics, and hardly for scikit-image")
PYTHON
