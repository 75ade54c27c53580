#!/usr/bin/env bash
# soundfile 0.14.0 (libsndfile 1.2.2): a part of an mp3 that is read with start= differs from that part of the whole file.
#
# Behaviour: a frame of an mp3 may use bits of the frames before it. After a seek those are missing, and the first samples of
#   the part are decoded without them; libmpg123 prints a line to stderr, and Python sees no error.
# Seen: of 15 parts of three seconds at 22,050 Hz, 4 differ from the whole by up to 0.22 of a full scale of 1; they are right
#   from a frame (1,152 samples) on. The other parts, and all of a flac file, agree.
# One would have guessed: reading with start= and frames= is slicing what read() returns, as the documentation reads.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet soundfile==0.14.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np
import soundfile

RATE, LENGTH = 22_050, 2000
time = np.arange(3 * RATE) / RATE
noise = np.random.default_rng(0).standard_normal(len(time))
sound = 0.5 * np.sin(2 * np.pi * (200 + 150 * time) * time) + 0.05 * noise


def differences(name):
    soundfile.write(name, sound, RATE)
    whole, _ = soundfile.read(name)
    for start in range(RATE // 2, 2 * RATE, RATE // 10):
        part, _ = soundfile.read(name, start=start, frames=LENGTH)
        yield np.abs(part - whole[start : start + LENGTH])


for name in ("sound.mp3", "sound.flac"):
    found = list(differences(name))
    worst = max(found, key=np.max)
    late = max(each[1152:].max() for each in found)
    wrong = sum(each.max() > 1e-3 for each in found)
    print(f"{name}: {wrong} of {len(found)} parts differ, by up to {worst.max():.3f}; from sample 1,152 on by up to {late:.1e}")
    if name.endswith("mp3"):
        assert wrong and worst.max() > 0.05, "parts of an mp3 now equal those of the whole"
    else:
        assert worst.max() == 0
print("as described: reading a part of an mp3 is not slicing the whole")
PYTHON
