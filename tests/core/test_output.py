"""Commands without a reader of their output, or without output streams, do their work all the same."""

import errno
import os
import sys

import pytest
from support.forked_commands import run_without_reader
from support.small_runs import POINTS, clean, rows

from ganlab.core.errors import UserError
from ganlab.core.output import open_closed_streams, output_without_reader, write_error_line


def in_child(work) -> int:
    """Call `work` in a forked process, with Python's own streams, and return the exit code that it returns."""
    child = os.fork()
    if not child:
        sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
        sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
        os._exit(work())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def close_reader(*descriptors):
    reader, writer = os.pipe()
    os.close(reader)
    for descriptor in descriptors:
        os.dup2(writer, descriptor)


def is_null(descriptor):
    return os.path.samestat(os.fstat(descriptor), os.stat(os.devnull))


@pytest.mark.parametrize("module", ["train", "compare"])
def test_commands_finish_without_a_reader(tmp_path, module):
    arguments = {"train": [*POINTS, f"run_dir={tmp_path / 'run'}"], "compare": [str(tmp_path / "none")]}[module]
    code = run_without_reader(f"ganlab.commands.{module}", arguments, tmp_path, clean())
    assert code == {"train": 0, "compare": 2}[module]
    if module == "train":
        assert [row["step"] for row in rows(tmp_path / "run")] == [str(step) for step in range(1, 7)]
        assert (tmp_path / "run" / "generator.safetensors").exists()


def test_output_ends_where_its_reader_has_gone():
    def work():
        close_reader(1, 2)
        with output_without_reader():
            print("to nothing", flush=True)
            print("to nothing", file=sys.stderr, flush=True)
            write_error_line("from a signal handler")
            return 0 if is_null(1) and is_null(2) else 1

    assert in_child(work) == 0


def test_a_full_disk_ends_standard_output_with_a_sentence_and_leaves_errors_alone():
    def work():
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, 1)
        os.dup2(full, 2)
        with output_without_reader():
            print("dropped", file=sys.stderr)
            print("a table")
            try:
                sys.stdout.flush()
            except UserError as error:
                sentence = f"standard output cannot be written ({os.strerror(errno.ENOSPC)}) and is incomplete"
                return 0 if str(error) == sentence else 1
        return 2

    assert in_child(work) == 0


def test_closed_streams_become_the_null_device():
    def work():
        sys.stderr = None
        os.close(0)
        os.close(2)
        open_closed_streams()
        print("dropped", file=sys.stderr)
        return 0 if is_null(0) and is_null(2) and not is_null(1) else 1

    assert in_child(work) == 0


def test_streams_that_a_caller_has_replaced_stay(capsys):
    before = sys.stdout, sys.stderr
    with output_without_reader():
        assert (sys.stdout, sys.stderr) == before
        print("seen")
    assert capsys.readouterr().out == "seen\n"
