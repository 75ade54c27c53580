"""A folder that a command fills: other files are refused, and former ones stay until the new ones are complete."""

from pathlib import Path

import pytest

from ganlab.core.errors import UserError
from ganlab.core.own_folder import OwnFolder


def write(folder: OwnFolder, name: str, content: str) -> None:
    with folder.replaced(remove_pictures) as draft:
        (draft / "marker.json").write_text(content)
        (draft / "parts").mkdir()
        (draft / "parts" / name).write_text(content)


def write_half(folder: OwnFolder, error: BaseException) -> None:
    with folder.replaced(remove_pictures) as draft:
        (draft / "marker.json").write_text("half")
        raise error


def remove_pictures(path: Path) -> None:
    for former in path.glob("parts/*.png"):
        former.unlink()


def content(path: Path) -> dict[str, str]:
    return {str(file.relative_to(path)): file.read_text() for file in path.rglob("*") if file.is_file()}


@pytest.fixture
def folder(tmp_path):
    return OwnFolder(tmp_path / "out", "marker.json", "ganlab draw")


def test_new_files_replace_those_of_an_earlier_call_and_no_others(folder):
    write(folder, "a.png", "first")
    (folder.path / "parts" / "notes.txt").write_text("mine")
    write(folder, "b.png", "second")
    assert content(folder.path) == {"marker.json": "second", "parts/b.png": "second", "parts/notes.txt": "mine"}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_changes_if_the_new_files_are_not_complete(folder, error):
    write(folder, "a.png", "first")
    former = content(folder.path)
    raised = UserError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(raised) as caught:
        write_half(folder, error)
    assert content(folder.path) == former
    if raised is UserError:
        sentence = f"output={folder.path} cannot be written (No space left on device); choose another folder"
        assert str(caught.value) == sentence


def test_what_a_killed_call_left_is_removed(folder):
    (folder.path / ".draft").mkdir(parents=True)
    (folder.path / ".draft" / "old.png").write_text("old")
    write(folder, "a.png", "new")
    assert content(folder.path) == {"marker.json": "new", "parts/a.png": "new"}


def test_files_and_folders_of_something_else_are_refused(folder, tmp_path):
    folder.path.mkdir()
    (folder.path / "photo.png").write_text("mine")
    with pytest.raises(UserError, match=r"holds files that `ganlab draw` did not write \(such as photo.png\)"):
        write(folder, "a.png", "new")
    assert content(folder.path) == {"photo.png": "mine"}
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="file is a file; choose a folder"):
        write(OwnFolder(tmp_path / "file", "marker.json", "ganlab draw"), "a.png", "new")
    assert (tmp_path / "file").read_text() == "mine"
