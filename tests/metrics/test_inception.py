from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from torch_fidelity import feature_extractor_inceptionv3 as port

from ganlab.metrics import Inception

from .sources import Pictures, Points

GREY = Pictures(shape=(1, 16, 16))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of the right form with random weights."""
    path = tmp_path_factory.mktemp("inception") / "random.pth"
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        patch.setattr(port, "load_state_dict_from_url", lambda *args, **kwargs: {})
        patch.setattr(port.FeatureExtractorInceptionV3, "load_state_dict", lambda self, state: None)
        network = port.FeatureExtractorInceptionV3("random", ["2048"])
    torch.save(network.state_dict(), path)
    yield path
    path.unlink()


def test_features_and_logits_of_a_local_file(weights: Path) -> None:
    before = torch.get_rng_state()
    features = Inception(GREY, weights=str(weights))
    images = next(GREY.reals()).sample[:2]
    batch = features(images)
    assert torch.equal(torch.get_rng_state(), before)
    assert batch.features.shape == (2, features.width) == (2, 2048)
    assert batch.logits is not None
    assert batch.logits.shape == (2, features.classes) == (2, 1008)
    assert torch.equal(features(images.repeat(1, 3, 1, 1)).features, batch.features)
    torch.testing.assert_close(batch.logits, batch.features @ features.network.fc.weight.T)
    description = features.describe()
    assert description["weights"] == sha256(weights.read_bytes()).hexdigest()
    assert description["resolution"] == 299
    assert not any(module.training for module in features.train().modules())


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no file nowhere\.pth; bring .* features\.weights=FILE"):
        Inception(GREY, weights="nowhere.pth")


def test_a_known_name_with_another_content_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pt_inception-2015-12-05-6726825d.pth"
    path.write_bytes(b"cut short")
    with pytest.raises(ValueError, match="damaged or incomplete"):
        Inception(GREY, weights=path)


@pytest.mark.parametrize("content", [{"weight": torch.zeros(1)}, torch.zeros(2), [1], Path("code")])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "other.pth"
    torch.save(content, path)
    with pytest.raises(ValueError, match="does not hold the FID Inception's weights"):
        Inception(GREY, weights=path)


def test_without_network_the_error_says_what_to_bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*args: object, **kwargs: object) -> None:
        raise URLError("no network")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    with pytest.raises(
        ConnectionError, match=r"could not be downloaded .*no network.* bring .* features\.weights=FILE"
    ):
        Inception(GREY)


def test_points_are_refused() -> None:
    with pytest.raises(ValueError, match="features=inception reads images"):
        Inception(Points())
