"""Runs on clips: resumed bit for bit, in microbatches, sampled, evaluated, and what cannot take clips is refused."""

import json
import sys
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from support.small_runs import CLIPS, assert_same, composed, go, state

from ganlab import discriminators, generators
from ganlab.commands.evaluate import main as evaluate
from ganlab.commands.exit_codes import guarded
from ganlab.commands.resume import main as resume
from ganlab.commands.sample import main as sample
from ganlab.core.errors import ConfigurationError
from ganlab.core.interfaces import Spec
from ganlab.core.random import Random
from ganlab.kinds.video_files import read_clip
from ganlab.layers.clips import time_steps
from ganlab.training.export import load

NETWORKS = {
    "mocogan": [],
    "vgan": ["generator=vgan", "generator.width=4", "discriminator=vgan", "discriminator.width=4"],
    "independent": [
        "generator=independent_frames",
        "generator.image.width=4",
        "discriminator=random_frame",
        "discriminator.image.width=4",
    ],
}


def without_networks(lines, name):
    kept = [line for line in lines if not NETWORKS[name] or not line.startswith(("generator", "discriminator"))]
    return [*kept, *NETWORKS[name]]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_resumed_run_is_exact(tmp_path, name, monkeypatch) -> None:
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    lines = without_networks(CLIPS, name)
    go(tmp_path / "whole", *lines)
    stop = ["callback.stop._target_=support.small_runs.Stop", "callback.stop.at=3"]
    assert go(tmp_path / "cut", *lines, *stop).interrupted
    assert guarded(resume, [str(tmp_path / "cut")]) == 0
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))


def test_microbatches_draw_the_frames_of_the_whole_batch(tmp_path) -> None:
    lines = [*CLIPS, "optimizer=sgd", "discriminator.frames=2"]
    go(tmp_path / "one", *lines)
    go(tmp_path / "two", *lines, "microbatches=2")
    first, second = (state(tmp_path / name) for name in ("one", "two"))
    weights = [name for name in first if "state_dict.game" in name and first[name].is_floating_point()]
    assert weights
    for name in weights:
        torch.testing.assert_close(first[name], second[name], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    "terms", ["r1", "r2", "gradient_penalty", "dragan", "lecam", "instance_noise,feature_matching", "consensus"]
)
@pytest.mark.slow
def test_regularizers_of_all_samples_take_clips(tmp_path, terms) -> None:
    go(tmp_path / "run", *CLIPS, f"regularizer=[{terms}]", "iterations=2")
    assert all(value.isfinite().all() for value in state(tmp_path / "run").values() if torch.is_tensor(value))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["augment=diffaugment"], "augment: DiffAugment changes images, but the data has samples of shape"),
        (["regularizer=[consistency]"], "regularizer.consistency: .* changes images"),
        (["generator=dcgan"], "DCGAN needs images .*; use generator=mocogan"),
        (["discriminator=rnn"], "RNN needs sequences .*; use discriminator=mocogan"),
        (["latent.size=18"], "leave none for the content; lower noise or raise latent.size"),
        (["discriminator.frames=5"], "frames must be from 1 to the 4 of a clip, got 5"),
        (["data=digits"], "MoCoGAN needs clips .*; use generator=dcgan"),
    ],
)
def test_what_does_not_fit_clips_is_refused_in_one_sentence(lines, words) -> None:
    replaced = {line.partition("=")[0] for line in lines}
    kept = [line for line in CLIPS if line.partition("=")[0].partition(".")[0] not in replaced]
    with pytest.raises(ConfigurationError, match=words):
        composed(*kept, *lines)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the folder of a short run with a sheet and scores."""
    directory = tmp_path_factory.mktemp("video")
    scores = ["metric=[fid,temporal_ratio,content_consistency]", "protocol.samples=80", "protocol.batch_size=40"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_CACHE", str(directory / "cache"))
        go(directory / "run", *CLIPS, *scores, "evaluate_every=6", "sample_every=6")
    return directory / "run"


def test_clips_are_sampled_scored_and_read_again(run, tmp_path, monkeypatch) -> None:
    pytest.importorskip("av")
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "cache"))
    assert (run / "samples" / "00000006.png").is_file()
    assert guarded(sample, [f"run={run}", "n=80", "encoding=ffv1"]) == 0
    generated = run / "generated"
    assert (generated / "sheet.webp").is_file()
    assert len(list((generated / "videos").glob("*.mkv"))) == 80
    clips = np.load(generated / "samples.npy")
    assert clips.shape == (80, 4, 1, 16, 16)
    sampler = load(run)
    assert (sampler.spec.kind, sampler.spec.facts) == ("video", {"frames_per_second": 8.0})
    again = sampler.sample(80, 0)
    np.testing.assert_allclose(again.numpy(), clips, atol=1e-5)
    output = tmp_path / "scores.json"
    paths = [f"real={generated}", f"fake={generated / 'videos'}"]
    names = ["metric=[fid,content_consistency]", "features=video_random", f"output={output}", "device=cpu"]
    assert guarded(evaluate, [*paths, *names]) == 0
    content = json.loads(output.read_text())
    assert content["scores"]["fid"] == pytest.approx(0, abs=1e-6)
    assert 0.99 < content["scores"]["content_consistency"] <= 1  # the generator has hardly been trained


@pytest.mark.parametrize(
    ("encoding", "ending", "loss"),
    [("mp4", "mp4", 2), ("webm", "webm", 2), ("webp", "webp", 0), ("gif", "gif", 0), ("ffv1", "mkv", 0)],
)
def test_files_of_every_encoding_hold_the_clips_that_were_sampled(run, tmp_path, encoding, ending, loss) -> None:
    pytest.importorskip("av")
    assert guarded(sample, [f"run={run}", "n=2", f"encoding={encoding}", f"output={tmp_path}"]) == 0
    assert {path.name for path in (tmp_path / "videos").iterdir()} == {f"0.{ending}", f"1.{ending}", "classes.csv"}
    for number, clip in enumerate(_pixels(tmp_path)):
        found, rate = read_clip(tmp_path / "videos" / f"{number}.{ending}", channels=1)
        assert rate == 8.0
        assert np.abs(found.numpy().astype(int) - clip).max() <= loss


def test_pictures_of_frames_are_those_that_were_sampled_and_need_no_package(run, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)  # as if it were not installed
    assert guarded(sample, [f"run={run}", "n=2", "encoding=png", f"output={tmp_path}"]) == 0
    assert sorted(path.name for path in (tmp_path / "videos").iterdir()) == [f"{k // 4}_{k % 4}.png" for k in range(8)]
    for number, frame in enumerate(_pixels(tmp_path).reshape(8, 16, 16)):
        with Image.open(tmp_path / "videos" / f"{number // 4}_{number % 4}.png") as picture:
            assert (np.asarray(picture) == frame).all()


def _pixels(generated):
    """Return sampled clips as files hold them."""
    return ((np.load(generated / "samples.npy") + 1) * np.float32(127.5)).round().astype(int)


def test_protocols_name_frames_rate_and_size(run) -> None:
    assert guarded(evaluate, [f"run={run}", "metric=[temporal_ratio]", "protocol.samples=16"]) == 0
    (path,) = (run / "evaluations").glob("*.json")
    protocol = json.dumps(json.loads(path.read_text()))
    for fact in ('"frames_per_second": 8.0', '"size": "16 by 16"', '"frames": 4'):
        assert fact in protocol


def test_frames_are_drawn_per_clip_and_content_stays() -> None:
    spec = Spec((16, 1, 16, 16), latent=64)
    image = partial(generators.DCGAN, width=4, norm="none")
    generator = generators.MoCoGAN(spec, image)
    latents = torch.randn(2, 64, generator=torch.Generator().manual_seed(0))
    latents[1, -22:] = latents[0, -22:]  # the same content
    codes = []
    generator.image.register_forward_pre_hook(lambda module, inputs: codes.append(inputs[0].unflatten(0, (2, 16))))
    generator(latents)
    content, motion = codes[0].split([22, 10], 2)
    assert content.equal(content[:1, :1].expand_as(content))
    assert not motion[0].equal(motion[1])
    critic = discriminators.MoCoGAN(
        spec, partial(discriminators.DCGAN, width=4), partial(discriminators.VGAN, width=4), frames=3
    )
    clips = torch.arange(16.0).reshape(1, 16, 1, 1, 1).expand(200, 16, 1, 16, 16)
    whole, frames = critic.split(critic.draw_parts(clips, Random(0)))
    assert whole.equal(clips)
    numbers = frames[:, :, 0, 0, 0].long()
    assert numbers.flatten().bincount(minlength=16).min() > 15
    assert all(len(set(row)) == 3 for row in numbers.tolist())
    parts = [critic.draw_parts(clips[:100], Random(0).seek(0, part, 2)) for part in (0, 1)]
    assert torch.cat(parts).equal(critic.draw_parts(clips, Random(0)))
    assert critic.split(clips)[1][0, :, 0, 0, 0].tolist() == [2, 8, 13]


def test_a_memory_keeps_motions_slow_at_first() -> None:
    spec = Spec((16, 1, 16, 16), latent=64)
    latents = torch.randn(50, 64, generator=torch.Generator().manual_seed(0))
    changes = []
    for memory in (0.0, 3.0):
        torch.manual_seed(0)
        generator = generators.MoCoGAN(spec, partial(generators.DCGAN, width=4), memory=memory)
        start, noise, _ = latents.split(generator.sizes, 1)
        states = generator.motion(noise.unflatten(1, (16, 2)), start)
        changes.append((states[:, 1:] - states[:, :-1]).abs().mean().item())
    assert changes[1] < changes[0] / 2


def test_vgan_has_one_background_for_all_frames() -> None:
    torch.manual_seed(0)
    generator = generators.VGAN(Spec((8, 3, 16, 16), latent=6), width=4).eval()
    torch.nn.init.constant_(generator.stream.mask[0].bias, -50.0)  # the background everywhere
    clips = generator(torch.randn(2, 6))
    share = 1e-20  # of the foreground, at most: sigmoid(-46)
    assert (clips - clips[:, :1]).abs().max() < 2 * share
    assert clips.std() > 1e-5
    torch.nn.init.constant_(generator.stream.mask[0].bias, 50.0)
    moving = generator(torch.randn(2, 6))
    assert (moving - moving[:, :1]).abs().max() > 1e-5


@pytest.mark.parametrize(
    ("frames", "most", "expected"), [(16, 3, (2, 3)), (16, 9, (2, 3)), (32, 3, (4, 3)), (10, 3, (5, 1)), (7, 2, (7, 0))]
)
def test_clips_are_halved_in_time_while_they_are_even(frames, most, expected) -> None:
    assert time_steps(frames, most) == expected


@pytest.mark.parametrize("frames", [2, 5, 6, 16])
@pytest.mark.parametrize("convolution", ["3d", "2_plus_1d"])
def test_clips_of_any_length_fit(frames, convolution) -> None:
    spec = Spec((frames, 1, 16, 16), latent=4)
    clips = generators.VGAN(spec, width=4)(torch.randn(3, 4))
    assert clips.shape == (3, frames, 1, 16, 16)
    assert discriminators.VGAN(spec, width=4, convolution=convolution)(clips).shape == (3,)
