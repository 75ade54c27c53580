import pytest

from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.errors import UserError

KNOWN = {"run": None, "n": "4", "form": "text"}


def test_values_defaults_and_null():
    words = KeyValueArguments("look", KNOWN, ["n=7", "form=null"])
    assert words.values == {"run": None, "n": "7", "form": None}
    assert (words.count("n"), words["n"], words.paths) == (7, "7", [])
    words.raise_if_invalid()


def test_paths_only_where_the_command_takes_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loss=hinge").mkdir()
    words = KeyValueArguments("look", KNOWN, ["runs", "loss=hinge", "n=1"], takes_paths=True)
    assert (words.paths, words.issues) == (["runs", "loss=hinge"], [])
    assert KeyValueArguments("look", KNOWN, ["runs"]).issues == [
        "'runs' is no setting of ganlab look; did you mean 'run'?"
    ]


def test_every_mistake_is_told_at_once():
    words = KeyValueArguments("look", KNOWN, ["n=-1", "rnu=x", "form=tex", "run="])
    words.count("n")
    words.choice("form", ("text", "json"))
    words.require("run=DIR is needed", words.values["run"])
    with pytest.raises(UserError) as caught:
        words.raise_if_invalid()
    assert str(caught.value) == (
        "'rnu=x' is no setting of ganlab look; did you mean 'run'?; run needs a value; "
        "n must be an integer of at least 0, got '-1'; there is no form 'tex'; choose text, json; did you mean 'text'?"
    )


def test_digits_that_python_does_not_count_with_are_no_numbers():
    for value in ("²", "①", "٣"):
        words = KeyValueArguments("look", KNOWN, [f"n={value}"])
        assert (words.count("n"), words.issues) == (0, [f"n must be an integer of at least 0, got '{value}'"])


def test_what_is_missing_is_told_where_nothing_else_is_wrong():
    words = KeyValueArguments("look", KNOWN, [])
    words.require("run=DIR is needed", words.values["run"])
    with pytest.raises(UserError, match=r"^run=DIR is needed$"):
        words.raise_if_invalid()
