#!/usr/bin/env bash
# triton 3.9.0: `gc.freeze()` after `import triton` makes the interpreter report leaks when it ends.
#
# Behaviour: gc.freeze() moves every object out of the collector's reach, which Python's documentation recommends before a
#   fork. At the end, the interpreter then does not free the types and functions of triton's nanobind modules, and nanobind
#   takes them for leaks of the program and prints them to stderr. torch imports triton on CUDA builds when its compiler is
#   imported, which making an optimizer does, so a plain training script that freezes shows it, too.
# Seen: 30 lines on stderr ("leaked ... type", "leaked ... function", "a reference counting issue in the binding code");
#   none without the freeze, and none if gc.unfreeze() is called before the end.
# One would have guessed: silence, since freezing changes only what the collector looks at while the program runs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet triton==3.9.0

lines_of() { # the number of lines that a program writes to stderr
    "$folder/venv/bin/python" -c "$1" 2>&1 >/dev/null | wc -l
}

plain=$(lines_of 'import triton')
frozen=$(lines_of 'import gc, triton; gc.freeze()')
unfrozen=$(lines_of 'import gc, triton; gc.freeze(); gc.unfreeze()')
echo "lines on stderr: $plain plain, $frozen after gc.freeze(), $unfrozen after gc.unfreeze()"
[ "$plain" -eq 0 ] && [ "$frozen" -gt 5 ] && [ "$unfrozen" -eq 0 ] || { echo "changed: not as described"; exit 1; }
"$folder/venv/bin/python" -c 'import gc, triton; gc.freeze()' 2>&1 | grep -q 'reference counting issue'
echo "as described: a frozen collector is reported as leaks of the program"
