"""Ctrl-C before a command has started: no traceback, and commands still see KeyboardInterrupt."""

import signal
import subprocess
import sys

NEW = "print('new', flush=True); import ganlab.commands; print(0)"
DEFAULT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # a shell may have it ignored
SEND = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"


def run(*lines):
    command = [sys.executable, "-c", "\n".join([DEFAULT, *lines])]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return process.returncode, process.stdout, process.stderr


def test_an_early_interrupt_ends_the_process_without_a_traceback():
    line = "from ganlab.core.early_interrupts import end_at_interrupt; end_at_interrupt()"
    assert run(line, SEND, "print('after')") == (-signal.SIGINT, "", "")


def test_an_interrupt_before_the_replaced_program_has_started_is_kept_for_it():
    lines = (
        "import os, sys",
        "from ganlab.core.early_interrupts import interrupts_held",
        "with interrupts_held():",
        f"    {SEND}",
        "    print('held', flush=True)",
        f'    os.execv(sys.executable, [sys.executable, "-c", "{NEW}"])',
    )
    assert run(*lines) == (-signal.SIGINT, "held\nnew\n", "")


def test_interrupts_come_again_if_nothing_replaces_the_program():
    lines = (
        "from ganlab.core.early_interrupts import interrupts_held",
        "try:",
        "    with interrupts_held():",
        f"        {SEND}",
        "        print('held', flush=True)",
        "except KeyboardInterrupt:",
        "    print('raised')",
    )
    assert run(*lines) == (0, "held\nraised\n", "")


def test_an_ignored_interrupt_stays_ignored():
    lines = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)",
        "from ganlab.core.early_interrupts import end_at_interrupt, interrupts_raised",
        "end_at_interrupt()",
        "with interrupts_raised():",
        f"    {SEND}",
        SEND,
        "print('after')",
    )
    assert run(*lines) == (0, "after\n", "")


def test_a_command_reports_its_interrupt_in_one_word():
    lines = (
        "from ganlab.core.early_interrupts import end_at_interrupt; end_at_interrupt()",
        "from ganlab.commands.exit_codes import guarded",
        "def command(arguments):",
        f"    {SEND}",
        "print(guarded(command, []))",
    )
    assert run(*lines) == (0, "130\n", "interrupted\n")


def test_nothing_changes_where_interrupts_have_a_handler():
    lines = (
        "def handle(number, frame): print('handled')",
        "signal.signal(signal.SIGINT, handle)",
        "from ganlab.core.early_interrupts import end_at_interrupt, interrupts_raised",
        "end_at_interrupt()",
        "with interrupts_raised():",
        f"    {SEND}",
        "assert signal.getsignal(signal.SIGINT) is handle",
    )
    assert run(*lines) == (0, "handled\n", "")
