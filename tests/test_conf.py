"""Every file of conf/ composes, passes the checks and builds, and its networks have gradients."""

import re
import shutil
from dataclasses import fields
from functools import cache, reduce

import pytest
import torch
import yaml
from PIL import Image
from support.image_pairs import PAIR_COMPONENTS
from support.pair_checks import TRANSLATORS
from support.recipes import recipe_lines, write_videos
from support.short_texts import FOR_SYMBOLS, short_text_lines
from support.small_runs import NETWORKS, QUIET, go
from support.sound_folders import write_tones
from support.sounds import FOR_SOUND, SOUND, SOUND_PAIRS
from support.translated_digits import FROM_IMAGES

from ganlab.config import check, compose, conf_directory, instantiate, locate
from ganlab.config.schema import Root
from ganlab.core.errors import ConfigurationError
from ganlab.core.interfaces import Batch, Capability
from ganlab.core.random import Random
from ganlab.data import ImagePairs, normalize
from ganlab.data.video import VideoDataSet
from ganlab.training.api import train

CONF = conf_directory()
COMPONENTS = sorted((path.parent.name, path.stem) for path in CONF.glob("*/*.yaml") if path.parent.name != "experiment")
EXPERIMENTS = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
NETWORK_CHOICES = [(group, name) for group, name in COMPONENTS if group in ("generator", "discriminator")]
# Small data without a download, by the rank of its samples.
CLIP_RANK = 4  # of clips (time, channels, height, width)
PAIRS = ["data=digits", "data.resolution=16", "data._target_=support.translated_digits.InvertedDigits"]
DATA = {1: ["data=ring"], 2: ["data=sine_waves", "data.length=6"], 3: ["data=digits", "data.resolution=32"]}
CLIPS = ["data=moving_digits", "data.resolution=16", "data.frames=4", "data.clips=1", "latent.size=24"]
PARTNERS = {"generator": "discriminator=vgan", "discriminator": "generator=mocogan"}  # of networks of clips
SPOKEN = ("generator", "hifigan")  # from spectrograms
TABLE = ("generator", "table")


def node(group: str, name: str) -> dict:
    """Return the content of a yaml file, with the files that its defaults name."""
    content = yaml.safe_load((CONF / group / f"{name}.yaml").read_text()) or {}
    defaults = content.pop("defaults", [])
    for base in [entry for entry in defaults if isinstance(entry, str) and entry != "_self_"]:
        name, _, place = base.partition("@")
        content = (
            {place: node(group, name) | content.pop(place, {})} | content if place else node(group, name) | content
        )
    for place, choice in [pair for entry in defaults if isinstance(entry, dict) for pair in entry.items()]:
        if place.startswith("override "):  # of a component in another group
            continue
        inner_group, _, path = place.strip("/").partition("@")
        *outer, last = path.split(".")
        reduce(lambda inside, key: inside.setdefault(key, {}), outer, content)[last] = node(inner_group, choice)
    return content


def reads_files(content: dict) -> bool:
    """Return whether data, or the data inside of it, have to be downloaded."""
    return "data_root" in content or any(reads_files(inner) for inner in content.values() if isinstance(inner, dict))


def downloads(experiment: str) -> bool:
    """Return whether an experiment's data have to be downloaded."""
    defaults = yaml.safe_load((CONF / "experiment" / f"{experiment}.yaml").read_text()).get("defaults", [])
    places = ("override /data", "override /data@data.images")
    chosen = [entry[place] for entry in defaults if isinstance(entry, dict) for place in places if place in entry]
    return any(reads_files(node("data", name)) for name in chosen)


RECIPES = [name for name in EXPERIMENTS if downloads(name)]  # test_recipes.py writes files for them


def required_overrides(group: str, name: str, folder) -> list[str]:
    """Return the overrides that a component requires, according to its class."""
    content = node(group, name)
    target = locate(content["_target_"]) if "_target_" in content else None
    if short_texts := short_text_lines(group, name):
        return [*short_texts, *([f"{group}.width=4"] if "width" in content else [])]
    lines = []
    if group == "data" and issubclass(target, ImagePairs):
        lines += TRANSLATORS
    if group == "data" and isinstance(target, type) and issubclass(target, VideoDataSet):
        lines += [line for line in CLIPS if line.startswith(("data.r", "data.f", "latent"))]
        lines += PARTNERS.values()
    if (group, name) == ("data", "video_folder"):
        return [*lines, f"data.path={write_videos()}"]
    if group in ("generator", "discriminator"):
        rank = max(target.sample_dims)
        of_rank = [*CLIPS, PARTNERS[group]] if rank == CLIP_RANK else DATA[rank]
        lines += PAIRS if name in FROM_IMAGES else SOUND if name in FOR_SOUND else of_rank
        lines += [f"{group}.width=4"] if "width" in content else []
    if (group, name) == TABLE:
        return ["data=wine", "generator.width=4"]
    if (group, name) == ("data", "table"):
        folder.mkdir()
        path = folder / "table.csv"
        path.write_text("\n".join(["size,leaf", *(f"{row},{'ab'[row % 2]}" for row in range(20))]) + "\n")
        return [f"data.path={path}"]
    if (group, name) in (SPOKEN, ("regularizer", "log_mel_l1")):
        return [*SOUND_PAIRS, *(["generator=hifigan"] if group == "regularizer" else []), "generator.width=16"]
    if group in ("augment", "regularizer") and target and min(target.sample_dims) == 3:
        lines += DATA[3]
    if getattr(target, "needs_labels", False) or group == "conditioning":
        lines += ["data.labels=true"]
    if getattr(target, "guesses_labels", False):
        lines += ["discriminator.labels=none"]
    if getattr(target, "needs_codes", False) or name == "infogan":
        lines += ["latent=codes", "latent.size=20"]
    if getattr(target, "reads_maps", False):
        lines += ["discriminator=fastgan"]
    if (group, name) == ("discriminator", "fastgan"):
        lines += ["regularizer=[]"]  # R1 and batch normalisation exclude each other
    if getattr(target, "needs_pairs", False):
        lines += PAIR_COMPONENTS
    if (group, name) in (("game", "cyclegan"), ("game", "cut"), ("game", "regression")):
        lines += [*PAIR_COMPONENTS, "regularizer=[pixel_l1]"]
    if group == "latent" and name in ("none", "map"):
        lines += [line for line in PAIR_COMPONENTS if not line.startswith("latent=")]
    if group == "metric" and Capability.WAY_BACK in getattr(target, "requires", ()):
        lines += [*PAIR_COMPONENTS, "regularizer=[]", "game=cyclegan"]
    if name == "perceptual_vgg19":
        folder.mkdir(exist_ok=True)
        (folder / "vgg19.pth").touch()  # a dry build reads no weights
        lines += ["data.resolution=16", f"regularizer.{name}.weights={folder / 'vgg19.pth'}"]
    if getattr(target, "reads_styles", False):
        lines += ["generator._target_=support.small_runs.Styled"]
    if group == "conditioning" and content.get("generator", {}).get("labels") == "norm":
        lines += ["generator.norm=batch"]
    if getattr(target, "reads", "") == "probability":
        lines += ["discriminator.head=tanh_probability"]
    place = "data.images" if group == "corruption" else "data"
    if group == "corruption":  # of colour images
        lines += ["data=corrupted", "data.images=image_folder", *TRANSLATORS]
    if (group, name) == ("data", "vocoder"):  # V3's generator, of three rates
        made = ["generator=hifigan", "generator.width=8", "generator.rates=[8,4,4]", "generator.kernels=[16,8,8]"]
        return [*lines, *made, "discriminator=multi_period", "latent=none", "regularizer=[]"]
    if (group, name) in (("data", "spoken_digits"), ("data", "voice_pairs")):
        if shutil.which("espeak-ng") is None:
            pytest.skip("espeak-ng is not installed")
        lines += (
            ["data.voices=3"] if name == "spoken_digits" else ["data.speeds=[150,180]", "data.pitches=[40,47,53,60]"]
        )
    if (group, name) == ("data", "audio_folder"):
        write_tones(folder)
        return [*lines, f"data.path={folder}", "data.samples=64"]
    if group == "corruption" or (group == "data" and (content.get("path") == "???" or "target" in content)):
        for i in range(4):
            for side in "AB":  # two domains, if they matter
                (folder / side).mkdir(exist_ok=True, parents=True)
                Image.new("RGB", (8, 8), (i, 0, 0)).save(folder / side / f"{i}.png")
        lines += [f"{place}.path={folder}", f"{place}.resolution=8"]
    return lines


def composed(group: str, name: str, folder):
    several = group in ("regularizer", "training_hook", "metric", "callback", "logger") and node(group, name)
    first = ["data=ring", *NETWORKS]
    chosen = [f"{group}=[{name}]" if several else f"{group}={name}"]
    required = required_overrides(group, name, folder)
    replaced = {line.split("=")[0] for line in [*chosen, *required] if "." not in line.split("=")[0]}
    others = [line for line in first if line.split("=")[0].split(".")[0] not in replaced]
    return compose([*others, *chosen, *required])


@pytest.mark.parametrize(("group", "name"), COMPONENTS)
def test_every_component_composes_passes_the_checks_and_builds(group, name, tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    config = composed(group, name, tmp_path / "images")
    content = node(group, name)
    assert "@package _global_" in (CONF / group / f"{name}.yaml").read_text() or config[group] or not content
    if not reads_files(content) and group not in ("trainer", "protocol", "optimizer"):
        for part in [config[group]] if "_target_" in config[group] else config[group].values():
            assert callable(instantiate(part)) or "_partial_" not in part
    if group == "data" and not reads_files(content):
        data = instantiate(config.data)
        batch = normalize(data.batch(data.split("train")[:2], Random()))
        assert batch.sample.shape == (2, *data.spec.sample)
        assert batch.sample.abs().max() <= 10


def test_conf_has_all_groups_of_the_schema():
    groups = {group for group, _ in COMPONENTS}
    assert groups == {field.name for field in fields(Root) if field.type == "Any" or "Any" in str(field.type)}


@cache
def on_data(rank: int, *more: str):
    return compose([*NETWORKS, *DATA[rank], *more])


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize(("group", "name"), NETWORK_CHOICES)
@pytest.mark.slow
def test_every_network_accepts_exactly_its_ranks_of_samples(group, name, labels, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    own = node(group, name)
    own |= {"width": 16 if (group, name) == SPOKEN else 4} if "width" in own else {}
    for rank in DATA:
        plain = ["regularizer=[]"] if own["_target_"].endswith("discriminators.FastGAN") else []
        config = on_data(rank, *plain, *(["data.labels=true"] if labels and rank != 2 else [])).copy()
        config[group] = own
        if rank == 3 and name in FROM_IMAGES:
            with pytest.raises(ConfigurationError, match="makes images from images, but the data's condition is"):
                check(config)
            config.data._target_ = "support.translated_digits.InvertedDigits"
        if rank == 2 and name in FOR_SOUND:
            with pytest.raises(ConfigurationError, match=r"needs sound .*, but the data has sequences"):
                check(config)
            config.data._target_ = f"support.sounds.{'SpokenTones' if (group, name) == SPOKEN else 'Tones'}"
            config.discriminator.labels = "none"
        if rank == 1 and (group, name) == TABLE:
            with pytest.raises(ConfigurationError, match="makes rows of tables, but the data has points"):
                check(config)
            config.data = compose(["data=wine"]).data
            config.data.labels = labels
        ranks = {**dict.fromkeys(FOR_SOUND, (2,)), **dict.fromkeys(FOR_SYMBOLS, ())}
        if rank not in ranks.get(name, locate(own["_target_"]).sample_dims):
            with pytest.raises(ConfigurationError, match=group):
                check(config)
            continue
        check(config)
        data = instantiate(config.data)
        game = instantiate(config.game)(data.spec)
        batch = normalize(data.batch(data.split("train")[:4], Random()))
        for player, network in game.players().items():
            network.zero_grad()
            torch.stack(list(game.losses(player, batch, 0).values())).sum().backward()
            for title, weight in network.named_parameters():
                assert weight.grad is not None, f"{player}.{title}"
                assert weight.grad.isfinite().all(), f"{player}.{title}"
            assert sum(float(weight.grad.abs().sum()) for weight in network.parameters()) > 0


def header(name: str) -> str:
    lines = (CONF / "experiment" / f"{name}.yaml").read_text().splitlines()
    return "\n".join(line for line in lines[: next(i for i, line in enumerate(lines) if not line.startswith("#"))])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_states_its_command_paper_score_and_time(name):
    package, command, *text = header(name).splitlines()
    assert package == "# @package _global_"
    assert re.match(rf"# ganlab train experiment={name}( |$)", command)
    prose = "\n".join(text)
    assert re.search(r"\b(19|20)\d\d\b", prose), "which paper, of which year?"
    # A score or time that needs a download or a device may be marked as not measured.
    assert re.search(r"^# expect: .*(\d|not yet measured: )", prose, re.MULTILINE), "no expected score"
    time = r"^# time: .*(\d.*(second|minute|hour)|not yet measured; )"
    assert re.search(time, prose, re.MULTILINE), "no time"


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name not in RECIPES])
def test_every_experiment_trains_three_steps(name, tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_ALLOW", "support")
    if name in ("spoken_digits", "voice_conversion") and shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    text = (CONF / "experiment" / f"{name}.yaml").read_text()
    trained = re.search(r"override /features: (video_)?classifier\n", text)
    shorter = ["features.steps=10"] if trained else []  # a classifier without shipped weights trains for minutes
    config = compose([*recipe_lines(name), *shorter, "trainer=smoke", f"run_dir={tmp_path}"])
    assert config.name == name
    result = train(config)
    assert (tmp_path / "samples" / "00000003.png").exists()
    assert set(result.metrics) >= {name for name in config.metric if name == "fid"}


def test_the_settings_of_train_yaml_are_those_of_the_schema():
    content = yaml.safe_load((CONF / "train.yaml").read_text())
    chosen = {key for line in content.pop("defaults") if isinstance(line, dict) for key in line}
    content.pop("hydra")
    groups = {key for key in chosen if not key.startswith("override ")} - {"experiment"}
    assert groups | content.keys() == {field.name for field in fields(Root)}


def test_the_default_experiment_is_real_images_without_a_download(tmp_path):
    config = compose([])
    assert "data_root" not in config.data
    data = instantiate(config.data)
    assert len(data.spec.sample) == 3
    assert len(data) > 1000
    assert isinstance(data.batch(torch.arange(2), Random()), Batch)


def test_a_component_named_with_an_experiment_has_the_settings_of_its_own_file(tmp_path):
    assert compose(["generator=mlp"]).generator.get("width") is None
    assert compose(["generator=mlp", "generator.widths=[4]"]).generator.widths == [4]
    go(tmp_path, *QUIET, *NETWORKS, "data.resolution=8", "iterations=1")


def test_a_game_named_alone_has_no_regularizers_of_other_games():
    assert compose(["game=vae"]).regularizer == {} == compose(["game=vae", "experiment=ring"]).regularizer
    assert set(compose(["game=vae_gan"]).regularizer) == {"r1"}
    with pytest.raises(ConfigurationError, match=r"VAE does not use regularizer\.l2"):
        compose(["game=vae", "regularizer=[l2]"])
