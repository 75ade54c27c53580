"""`ganlab completion`: TAB completion of commands, settings, components and run directories in bash and zsh.

The printed script runs `ganlab completion candidates LINE WORD` at each TAB. This module is fast: it reads only
file names and top-level lines of conf/, and imports neither torch nor Hydra.
"""

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module

from ganlab.commands import flags
from ganlab.commands.cli import COMMANDS
from ganlab.commands.completion_candidates import (
    config_dirs,
    description_candidates,
    run_candidates,
    setting_candidates,
)
from ganlab.commands.exit_codes import guarded
from ganlab.config.groups import LIST_GROUPS, choices, conf_directory, sweep_choices
from ganlab.config.help import EVALUATE_GROUPS, setting_lines
from ganlab.core.errors import UserError, suggest
from ganlab.core.process_end import end_process
from ganlab.runs.demos import PREFIX, demo_names
from ganlab.runs.directory_search import RUN_AND_SWEEP_FILES
from ganlab.runs.resume_compatibility import MAY_CHANGE

HELP = """ganlab completion: print a script for TAB completion of commands, settings, components and run directories

usage: eval "$(ganlab completion bash)"   in ~/.bashrc
       eval "$(ganlab completion zsh)"    in ~/.zshrc

Values and settings inside components complete too: ganlab train loss=<TAB>, ganlab train 'regularizer=[r1,<TAB>,
ganlab train regularizer.r1.<TAB>, ganlab resume <TAB>
"""
# $2 is the part of the word that readline replaces: the text after the last of COMP_WORDBREAKS, such as "=".
BASH = r"""_ganlab() {
    local candidate
    COMPREPLY=()
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <("$1" completion candidates "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=,./] ]] && type compopt >/dev/null 2>&1; then
        compopt -o nospace
    fi
}
complete -o bashdefault -o default -F _ganlab ganlab"""
ZSH = r"""(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
_ganlab() {
    local line="${(j: :)words[1,CURRENT-1]} ${QIPREFIX}${PREFIX}"
    local -a candidates
    candidates=(${(f)"$(${~words[1]} completion candidates "$line" 2>/dev/null)"})
    if (( $#candidates )); then
        compadd -S '' -- ${(M)candidates:#*[=,.\/]}
        compadd -- ${candidates:#*[=,.\/]}
    else
        compset -P '*='
        _files
    fi
}
compdef _ganlab ganlab"""
SCRIPTS = {"bash": BASH, "zsh": ZSH}
STANDARD_FLAGS = (flags.HELP[1], flags.VERSION)
TRAIN_FLAGS = (*STANDARD_FLAGS, "-m", "--config-dir", "--cfg", "--no-wait", "--retry-failed")
RESUME_FLAGS = (*STANDARD_FLAGS, "--config-dir")
INSPECT_FLAGS = (*STANDARD_FLAGS, "--config-dir", "--cfg")
EVALUATE_FLAGS = (*STANDARD_FLAGS, "--config-dir", "--cfg")
CONFIG_FLAGS = {"train": TRAIN_FLAGS, "resume": RESUME_FLAGS, "inspect": INSPECT_FLAGS, "evaluate": EVALUATE_FLAGS}
PATH_COMMANDS = ("compare", "ls", "plot", "prune")  # that take directories next to settings
RUN_SETTINGS = ("run", "run_dir", "init_from")  # whose value is the directory of a run
DEMO_COMMANDS = ("sample",)  # for which run=demo:NAME is one, too


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if arguments[:1] == ["candidates"]:
        for candidate in complete(*arguments[1:]):
            print(candidate)
        return 0
    if flags.answer(arguments, HELP):
        return 0
    shell = arguments[0] if arguments else ""
    if shell not in SCRIPTS or len(arguments) > 1:
        line = shlex.join(arguments)
        raise UserError(f"ganlab completion needs one of {', '.join(SCRIPTS)}, got '{line}'{suggest(shell, SCRIPTS)}")
    print(SCRIPTS[shell])
    return 0


def complete(line: str, replaced: str | None = None) -> list[str]:
    """Return the candidates for the last word of a command line up to the cursor.

    A shell that splits words replaces only `replaced`, the end of that word; the candidates then lack what precedes it.
    """
    words = split(line)
    while words and re.match(r"\w+=", words[0]):  # variables before the command
        words.pop(0)
    if len(words) < 2:
        return []
    word = words[-1]
    found = dict.fromkeys(candidates_for(words[1:-1], word))
    candidates = [candidate for candidate in found if candidate.startswith(word)]
    start = len(word) - len(replaced) if replaced is not None and word.endswith(replaced) else 0
    return [candidate[start:] for candidate in candidates]


def split(line: str) -> list[str]:
    """Split a command line as a shell does; the last word, possibly empty, may lack its closing quote."""
    for quote in ("", "'", '"'):
        try:
            words = shlex.split(f"{line}\0{quote}")  # the null character makes an empty last word visible
        except ValueError:
            continue
        return [*words[:-1], words[-1].rstrip("\0")]
    return []


def candidates_for(words: Sequence[str], word: str) -> Iterator[str]:
    """Yield candidates for a word after `ganlab` and these words; they need not start with the word."""
    if not words:
        yield from (*COMMANDS, *STANDARD_FLAGS)
    elif words[0] == "describe" or (words[0] in ("train", "evaluate") and words[-1] in flags.HELP):
        yield from (*STANDARD_FLAGS, "--config-dir") if words[0] == "describe" else ()
        yield from description_candidates(words, word)
    elif words[0] in ("train", "evaluate", "resume", "inspect"):
        yield from _config_candidates(words[0], words, word)
    elif len(words) == 1 and words[0] == "help":
        yield from (command for command in COMMANDS if command != "help")
    elif len(words) == 1 and words[0] == "completion":
        yield from (*SCRIPTS, *STANDARD_FLAGS)
    elif len(words) == 1 and words[0] == "sweep":
        yield from (*import_module("ganlab.commands.sweep").ACTIONS, *STANDARD_FLAGS)
    elif words[0] in ("sample", "apply", "dashboard", "doctor", *PATH_COMMANDS):
        yield from _key_value_candidates(words[0], word)
        if words[0] in PATH_COMMANDS:
            yield from run_candidates(word, files=RUN_AND_SWEEP_FILES)


def _key_value_candidates(command: str, word: str) -> Iterator[str]:
    module = import_module(f"ganlab.commands.{command}")
    key, equals, _ = word.partition("=")
    if key in RUN_SETTINGS and equals:
        yield from run_candidates(word, f"{key}=")
        yield from (f"{key}={PREFIX}{name}" for name in demo_names() if command in DEMO_COMMANDS)
    elif equals:
        yield from (f"{key}={value}" for value in getattr(module, "CHOICES", {}).get(key, ()))
    else:
        yield from (f"{setting}=" for setting in module.SETTINGS)
        yield from STANDARD_FLAGS
        yield from getattr(module, "FLAGS", ())


def _config_candidates(command: str, words: Sequence[str], word: str) -> Iterator[str]:
    """Yield candidates for the commands that compose a configuration."""
    if words[-1] == "--cfg":
        yield "job"
        return
    if words[-1] == "--config-dir":
        return
    settings = setting_lines(conf_directory() / f"{'evaluate' if command == 'evaluate' else 'train'}.yaml")
    directories = [conf_directory(), *config_dirs(words)]
    groups = choices(directories)
    if command == "train":
        groups |= sweep_choices(conf_directory())
    elif command == "resume":
        settings = {name: lines for name, lines in settings.items() if name in MAY_CHANGE - {"run_dir"}}
        groups = {group: names for group, names in groups.items() if group in MAY_CHANGE}
        yield from run_candidates(word)
    elif command == "inspect":
        yield from (f"{setting}=" for setting in import_module("ganlab.commands.inspect").SETTINGS)
    else:
        groups = {group: names for group, names in groups.items() if group in EVALUATE_GROUPS}
    key, equals, value = word.partition("=")
    if "." in key:
        yield from setting_candidates(directories, groups, words, word)
    elif key in RUN_SETTINGS and key in settings and equals:
        yield from run_candidates(word, f"{key}=")
    elif not equals:
        yield from CONFIG_FLAGS[command]
        yield from (f"{name}=" for name in (*settings, *groups))
        yield from (f"+{group}=" for group in groups if group in LIST_GROUPS)
    elif key.lstrip("+") in groups:
        group = key.lstrip("+")
        yield from (f"{key}={text}" for text in _complete_names(value, groups[group], group in LIST_GROUPS))
    elif key in settings and settings[key][0].endswith((": true", ": false")):
        yield from (f"{key}=true", f"{key}=false")


def _complete_names(value: str, names: Sequence[str], is_list: bool) -> Iterator[str]:
    """Yield completions of NAME, of a sweep NAME,NAME, or of a list [NAME,NAME]; a list also completes its bracket."""
    in_brackets = value.rfind("[") > value.rfind("]")
    start = max(value.rfind(","), value.rfind("[")) + 1
    before, begin = value[:start], value[start:]
    if in_brackets and not is_list:
        return
    listed = before[before.rfind("[") + 1 :].split(",") if in_brackets else []
    matches = [name for name in names if name.startswith(begin) and name not in listed]
    if in_brackets and len(matches) == 1:
        yield from (f"{before}{matches[0]}]", f"{before}{matches[0]},")
    else:
        yield from (f"{before}{name}" for name in matches)


if __name__ == "__main__":
    end_process(guarded(main, sys.argv[1:]))
