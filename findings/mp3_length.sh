#!/usr/bin/env bash
# soundfile 0.14.0 (libsndfile 1.2.2): of an mp3 with a variable bit rate and no Xing tag, four fifths are not read.
#
# Behaviour: without the tag, the length is estimated from the size of the file and the bit rate of its first frame. Reading
#   stops there, without an error, although more frames follow; info() has the estimate as well.
# Seen: three seconds, the first of noise and the others silent, are 132,300 samples with the tag that the encoder writes, and
#   26,190 without it; the 116 frames of the file hold 133,632. If silence comes first, info() announces too many instead.
# One would have guessed: the tag is optional, so a reader counts or decodes all frames, or says that the length is a guess.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet soundfile==0.14.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
from pathlib import Path

import numpy as np
import soundfile

RATE, SAMPLES_PER_FRAME = 44_100, 1152
KILOBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # of MPEG-1, layer III


def frame_bytes(header):
    return 144_000 * KILOBITS[header[2] >> 4] // RATE + (header[2] >> 1 & 1)


def frames(content):
    place, found = 0, []
    while place + 4 <= len(content) and content[place] == 0xFF:
        found.append(content[place : place + frame_bytes(content[place : place + 4])])
        place += len(found[-1])
    return found


sound = np.zeros(3 * RATE)
sound[:RATE] = 0.3 * np.random.default_rng(0).standard_normal(RATE)
soundfile.write("tagged.mp3", sound, RATE, bitrate_mode="VARIABLE", compression_level=0.5)
first, *others = frames(Path("tagged.mp3").read_bytes())
assert b"Xing" in first, "the encoder now writes no tag"
Path("plain.mp3").write_bytes(b"".join(others))
stored = SAMPLES_PER_FRAME * len(others)
tagged, plain = (len(soundfile.read(f"{name}.mp3")[0]) for name in ("tagged", "plain"))
print(f"{stored:,} samples are stored; read with the tag {tagged:,}, without it {plain:,}")
assert tagged == len(sound)
assert plain < stored / 2, "more of the file is now read"
print("as described: without the tag, most of the file is left out, without an error")
PYTHON
