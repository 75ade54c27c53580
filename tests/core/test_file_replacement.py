"""A file is written completely or not at all, and nothing is left next to it."""

import os
import stat
import threading

import pytest

from ganlab.commands.compare import main as compare
from ganlab.commands.exit_codes import guarded
from ganlab.core.file_replacement import replace_text, replaced
from ganlab.runs.json_files import write_json


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_former_content_stays_until_the_end(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    replace_text(path, "first")
    with replaced(path) as file:
        file.write(b"second")
        file.flush()
        assert path.read_text() == "first"
    assert path.read_text() == "second"
    assert names(path.parent) == ["a.txt"]


@pytest.mark.parametrize("error", [OSError("no space"), KeyboardInterrupt(), ValueError("no JSON")])
def test_after_an_exception_the_former_file_is_unchanged(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("former")

    def fail():
        with replaced(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert path.read_text() == "former"
    assert names(tmp_path) == ["a.txt"]


def test_a_link_stays_a_link_and_permissions_stay(tmp_path):
    target, link = tmp_path / "shared.json", tmp_path / "link.json"
    target.write_text("{}")
    target.chmod(0o640)
    link.symlink_to(target)
    write_json(link, {"a": 1})
    assert link.is_symlink()
    assert target.read_text() == '{\n  "a": 1\n}\n'
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_pipe_and_a_device_are_written_directly(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text()))
    reader.start()
    replace_text(pipe, "through the pipe")
    reader.join()
    assert received == ["through the pipe"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    replace_text(tmp_path / "null", "x")
    (tmp_path / "null").unlink()
    (tmp_path / "null").symlink_to(os.devnull)
    replace_text(tmp_path / "null", "x")
    assert names(tmp_path) == ["null", "pipe"]


def test_a_table_that_cannot_be_written_leaves_the_former_one(tmp_path, capsys, monkeypatch):
    run = tmp_path / "run"
    write_json(run / "config.yaml", {"seed": 0, "loss": {"_target_": "a.B"}})
    write_json(run / "scores.json", {"scores": {"fid": 2.0}, "protocol": {"split": "test"}, "protocol_hash": "x"})
    write_json(run / "status.json", {"state": "finished", "step": 3})
    output = tmp_path / "table.md"
    assert guarded(compare, [str(run), f"output={output}"]) == 0
    former = output.read_bytes()
    (tmp_path / ".table.md.tmp").symlink_to("/dev/full")
    assert guarded(compare, [str(run), f"output={output}"]) == 2
    assert "cannot be written: No space left on device" in capsys.readouterr().err
    assert output.read_bytes() == former
    assert names(tmp_path) == ["run", "table.md"]
