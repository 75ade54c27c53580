"""The overrides that compose an experiment; those that read files have a few small pictures."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from PIL import Image

from ganlab.config import conf_directory
from ganlab.data.speech_prompts import read_held_out
from support.bitmap_fonts import encode_png, write_bitmap_font
from support.short_texts import write_lines
from support.sound_folders import sine, write_wav

COUNT = 60  # pictures
FASTGAN, STYLEGAN2 = ["generator.width=8"], ["generator.max_width=32", "discriminator.max_width=32"]
NARROW = ["generator.width=4", "discriminator.width=4"]
SMALL_FEATURES = ["features.resolution=64"]  # of EfficientNet-Lite0, whose 128 pixels take four times as long
OWN = [*SMALL_FEATURES, "callback.copies.samples=40"]
PHOTOGRAPHS = ("super_resolution_photos", "denoise_photos", "inpaint_photos", "colorize_photos")
TRANSLATED = [*NARROW, "batch_size=2", "data.resolution=32", "data.jitter=36", "features.resolution=64"]
RESIDUAL = [*TRANSLATED, "generator.blocks=1", "discriminator.layers=2"]
NARROWER = {  # networks for a GPU, whose steps take seconds and gigabytes, and much data
    "cut": [*RESIDUAL, "game.width=4", "game.patches=8"],
    "cyclegan": RESIDUAL,
    **dict.fromkeys(PHOTOGRAPHS, SMALL_FEATURES),
    "own_images": OWN,
    "table_breast_cancer": ["metric=[utility]"],  # all metrics of tables take seconds; table_wine has them
    "table_diabetes": ["metric=[utility]"],
    "own_images_fastgan": [*OWN, *FASTGAN, "discriminator.width=8"],
    "own_images_projected": [*OWN, *FASTGAN, "discriminator.resolution=64", "discriminator.width=32"],
    "own_images_stylegan2": [*OWN, *STYLEGAN2],
    "vocoder_speech": ["generator.width=8", "batch_size=2"],
    "spoken_digits": ["data.voices=3"],
    "words": ["game.pretraining_steps=0", "generator.width=8"],  # of which a run of a few steps has too few
    "sentences": ["game.pretraining_steps=0", "game.discriminator_steps=0", "generator.width=8"],
    "voice_conversion": ["data.speeds=[150,180]", "data.pitches=[40,47,53,60]"],
    "video_digits": ["data.clips=1", "data.limit=1000"],
    "mocogan": [
        "data.resolution=32",
        *(f"{network}.width=4" for network in ("generator.image", "discriminator.image", "discriminator.video")),
    ],
    "srgan": [
        *NARROW,
        "discriminator.layers=2",
        "generator.blocks=1",
        "batch_size=2",
        "data.images.resolution=32",
        "features.resolution=64",
    ],
    "pix2pix": [*TRANSLATED, "generator.depth=3", "discriminator.layers=2"],
}


def recipe_lines(name: str) -> list[str]:
    """Return `experiment=NAME`, with the path of a folder or a font if it reads one, and narrower networks for GPUs."""
    text = (conf_directory() / "experiment" / f"{name}.yaml").read_text()
    paths = {
        "image_folder": _write_pictures,
        "emoji": _write_font,
        "paired_folder": _write_pictures,  # of an even width, so of two halves
        "photo_folder": _write_pictures,
        "unpaired_folder": _write_domains,
    }
    paths |= {
        "drums": _write_drums,
        "video_folder": write_videos,
        "words": _write_words,
        "sentences": _write_quotations,
    }
    places = {"/data": "data", "/data@data.images": "data.images"}
    needed = [
        f"{place}.path={write()}"
        for data, write in paths.items()
        for group, place in places.items()
        if f"override {group}: {data}\n" in text
    ]
    if "override /data: vocoder\n" in text:
        needed.append(f"data.sounds.path={_write_prompts()}")
    return [f"experiment={name}", *needed, *NARROWER.get(name, [])]


@cache  # once per process
def _write_pictures() -> Path:
    folder, numbers = Path(mkdtemp(prefix="pictures_")), np.random.default_rng(0)
    for index in range(COUNT):
        Image.fromarray(numbers.integers(0, 256, (40, 36, 3), np.uint8)).save(folder / f"{index:02}.png")
    return folder


@cache
def write_videos() -> Path:
    folder, numbers = Path(mkdtemp(prefix="videos_")), np.random.default_rng(0)
    for index in range(20):
        path = folder / ("walk", "run")[index % 2] / f"{index:02}.gif"
        path.parent.mkdir(exist_ok=True)
        first, *others = [Image.fromarray(numbers.integers(0, 256, (40, 36, 3), np.uint8)) for _ in range(20)]
        first.save(path, save_all=True, append_images=others, duration=80)
    return folder


@cache
def _write_domains() -> Path:
    folder = Path(mkdtemp(prefix="domains_"))
    for name in ("trainA", "trainB", "testA", "testB"):
        (folder / name).symlink_to(_write_pictures())
    return folder


@cache
def _write_drums() -> Path:
    """Write a decaying tone for each class, in a kit of each split and in the folder of Sonic Pi."""
    folder = Path(mkdtemp(prefix="drums_"))
    kits = ("Audiophob", "ColomboAcousticDrumkit", "Millo-Drums_v.1")
    places = [*(f"hydrogen/data/drumkits/{kit}" for kit in kits), "sonic-pi/samples"]
    for number, place in enumerate(places):
        for hertz, drum in ((60, "bd"), (200, "sn"), (5000, "hh")):
            for variant in range(4):
                tone = sine(hertz * (1 + number / 10 + variant / 50), 0.2, 16_000)
                write_wav(folder / place / f"{drum}_{variant}.wav", tone * np.linspace(1, 0, len(tone)), 16_000)
    return folder


@cache
def _write_prompts() -> Path:
    """Write a tone for each clip that is held out, and for a few others."""
    folder = Path(mkdtemp(prefix="prompts_"))
    names = [*(name for clips in read_held_out().values() for name in clips), *map(str, range(8))]
    for number, name in enumerate(names):
        write_wav(folder / f"{name}.wav", sine(100 + 20 * number, 1.2))
    return folder


@cache
def _write_words() -> Path:
    return write_lines(Path(mkdtemp(prefix="words_")) / "words.txt", 2 * COUNT)


@cache
def _write_quotations() -> Path:
    """Write quotations of three words and a mark."""
    folder, words = Path(mkdtemp(prefix="quotations_")), _write_words().read_text().split()
    for number, topic in enumerate(("computers", "science", "definitions")):
        sentences = [" ".join([*words[start : start + 3], "."]) for start in range(number, 2 * COUNT - 3, 3)]
        (folder / topic).write_text("\n%\n".join(sentences) + "\n%\n")
    return folder


@cache
def _write_font() -> Path:
    path = Path(mkdtemp(prefix="font_")) / "NotoColorEmoji.ttf"
    write_bitmap_font(path, [encode_png(f"rgb({4 * index}, {index}, {200 - index})") for index in range(COUNT)])
    return path
