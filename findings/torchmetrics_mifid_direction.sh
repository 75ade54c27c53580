#!/usr/bin/env bash
# torchmetrics 1.9.0: MemorizationInformedFrechetInceptionDistance does not notice a generator that copies.
#
# Behaviour: the penalty averages, over the REAL samples, the cosine distance to the closest GENERATED sample.
# MiFID (Bai et al. 2021, section 3) averages, over the GENERATED samples, the distance to the closest TRAINING sample.
# Seen: 500 slightly changed copies of 10 among 500 training samples have penalty 1: the score is the plain FID.
#   With real and generated samples exchanged, which leaves the FID as it is, the same sets are penalised.
# One would have guessed: the copies are penalised when the samples are passed as `real=True` and `real=False` say.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.15.0 torchvision==0.29.2 torchmetrics==1.9.0 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.mifid import MemorizationInformedFrechetInceptionDistance as MiFID


class Features(torch.nn.Identity):
    """The input are features."""

    num_features = 16


torch.manual_seed(0)
training = torch.randn(500, 16, dtype=torch.float64)
copies = training[:10].repeat(50, 1) + 1e-3 * torch.randn(500, 16, dtype=torch.float64)


def score(metric, real, generated):
    metric.update(real, real=True)
    metric.update(generated, real=False)
    return metric.compute().item()


fid = score(FrechetInceptionDistance(feature=Features()).set_dtype(torch.float64), training, copies)
as_documented = score(MiFID(feature=Features()), training, copies)
exchanged = score(MiFID(feature=Features()), copies, training)
print(f"FID {fid:.4f}, MiFID {as_documented:.4f}, MiFID with the two sets exchanged {exchanged:.1f}")
assert abs(as_documented / fid - 1) < 1e-6, "copies are penalised now"
assert exchanged > 1000 * fid, "the exchanged sets are not penalised"
print("as described: the copies are not penalised unless they are passed as the real samples")
PYTHON
