"""Printed command lines mean the same to a shell as to the process that printed them."""

import shlex
import subprocess

import pytest

from ganlab.core.shell_lines import as_path, ganlab_line, with_directory, without_directory

WORDS = ["plain", "with space", "it's", 'a "quote"', "$HOME", "a;b", "[r1,r2]", "~x", "", "back\\slash", "día=✓"]


@pytest.mark.parametrize("word", WORDS)
def test_a_shell_reads_each_argument_as_one_word(word, tmp_path):
    program = tmp_path / "ganlab"
    program.write_text('#!/bin/sh\nprintf "%s" "$1|$2|$GANLAB_ALLOW"\n')
    program.chmod(0o755)
    line = ganlab_line(["train", word], packages="my_gan,other")
    shell = subprocess.run(
        ["sh", "-c", line], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert shell.stdout == f"train|{word}|my_gan,other"


def test_without_packages_there_is_no_variable():
    assert ganlab_line(["ls", "a b"]) == "ganlab ls 'a b'"


def test_a_line_for_any_directory_changes_to_the_present_one(tmp_path, monkeypatch):
    place = tmp_path / "my project"
    place.mkdir()
    monkeypatch.chdir(place)
    line = with_directory("ganlab resume run")
    assert shlex.split(line) == ["cd", str(place), "&&", "ganlab", "resume", "run"]
    assert without_directory(line) == "ganlab resume run"
    monkeypatch.chdir(tmp_path)
    assert without_directory(line) == line


def test_a_path_is_never_a_flag():
    assert as_path("-m") == "./-m"
    assert as_path("outputs/digits") == "outputs/digits"
