"""JSON files are read with an error for people, or as empty if nothing in them can be used."""

import json

import pytest

from ganlab.core.errors import UserError
from ganlab.runs.json_files import read_json, read_json_if_valid, write_json

DAMAGED = {
    "{": "is not valid JSON (Expecting",
    "": "is not valid JSON (Expecting value",
    "[]": "must contain a mapping",
}


@pytest.mark.parametrize(("text", "sentence"), DAMAGED.items())
def test_damaged_files(text, sentence, tmp_path):
    (tmp_path / "a.json").write_text(text)
    assert read_json_if_valid(tmp_path / "a.json") == {}
    with pytest.raises(UserError) as error:
        read_json(tmp_path / "a.json")
    assert sentence in str(error.value)


def test_missing_files_and_invalid_utf8(tmp_path):
    assert read_json_if_valid(tmp_path / "a.json") == {}
    with pytest.raises(UserError, match=r"a\.json cannot be read: No such file"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_bytes(b'{"a": "\xff"}')
    assert read_json_if_valid(tmp_path / "a.json") == {}
    with pytest.raises(UserError, match="is not valid JSON"):
        read_json(tmp_path / "a.json")
    assert read_json_if_valid(tmp_path) == {}  # a directory


def test_what_is_written_is_read(tmp_path):
    content = {"a": [1, 2.5, None, True], "ü": {"b": "日本\n"}}
    write_json(tmp_path / "new" / "a.json", content)
    assert read_json(tmp_path / "new" / "a.json") == read_json_if_valid(tmp_path / "new" / "a.json") == content
    assert json.loads((tmp_path / "new" / "a.json").read_text()) == content
