from importlib import import_module

import pytest

from ganlab.commands.key_value import KeyValueArguments
from ganlab.core.errors import UserError

KNOWN = {"run": None, "n": "4", "form": "text"}


def test_values_defaults_and_null():
    settings = KNOWN | {"name": "", "size": None}
    args = KeyValueArguments("look", settings, ["n=7", "run=null", "name=null"])
    assert args.values == {"run": None, "n": "7", "form": "text", "name": "", "size": None}
    assert (args.count("n"), args["n"], args.count("size", 2), args.paths) == (7, "7", 0, [])
    args.raise_if_invalid()


def test_null_is_refused_for_a_setting_with_a_default():
    for module in ("compare", "dashboard", "doctor", "ls", "plot", "prune", "sample"):
        settings = import_module(f"ganlab.commands.{module}").SETTINGS
        args = KeyValueArguments(module, settings, [f"{key}=null" for key in settings])
        assert args.issues == [f"{key} cannot be null; leave it out for {it}" for key, it in settings.items() if it]
        assert args.values == settings


@pytest.mark.parametrize("value", ["0", "1", "-2", "2.5"])
def test_a_count_has_a_least_value(value):
    args = KeyValueArguments("look", KNOWN, [f"n={value}"])
    assert (args.count("n", 2), args.issues) == (0, [f"n must be an integer of at least 2, got '{value}'"])
    assert KeyValueArguments("look", KNOWN, ["n=2"]).count("n", 2) == 2


def test_paths_only_if_the_command_takes_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loss=hinge").mkdir()
    args = KeyValueArguments("look", KNOWN, ["runs", "loss=hinge", "n=1"], takes_paths=True)
    assert (args.paths, args.issues) == (["runs", "loss=hinge"], [])
    assert KeyValueArguments("look", KNOWN, ["runs"]).issues == [
        "'runs' is not a setting of ganlab look; did you mean 'run'?"
    ]


def test_all_issues_are_reported_together():
    args = KeyValueArguments("look", KNOWN, ["n=-1", "rnu=x", "form=tex", "run="])
    args.count("n")
    args.choice("form", ("text", "json"))
    args.require("run=DIR is needed", args.values["run"])
    with pytest.raises(UserError) as caught:
        args.raise_if_invalid()
    assert str(caught.value) == (
        "'rnu=x' is not a setting of ganlab look; did you mean 'run'?; run needs a value; "
        "n must be an integer of at least 0, got '-1'; there is no form 'tex'; choose text, json; did you mean 'text'?"
    )


def test_other_digits_than_0_to_9_are_not_numbers():
    for value in ("²", "①", "٣"):
        args = KeyValueArguments("look", KNOWN, [f"n={value}"])
        assert (args.count("n"), args.issues) == (0, [f"n must be an integer of at least 0, got '{value}'"])


def test_a_missing_value_is_reported_if_there_is_no_other_issue():
    args = KeyValueArguments("look", KNOWN, [])
    args.require("run=DIR is needed", args.values["run"])
    with pytest.raises(UserError, match=r"^run=DIR is needed$"):
        args.raise_if_invalid()


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "many"])
def test_numbers_are_finite(value):
    args = KeyValueArguments("look", {"ratio": "1"}, [f"ratio={value}"])
    assert args.number("ratio") is None
    assert args.issues == [f"ratio must be a number, got '{value}'"]


def test_counts_fit_in_64_bits():
    for digits in (19, 20, 5000):
        args = KeyValueArguments("look", KNOWN, [f"n={'9' * digits}"])
        assert (args.count("n"), args.issues) == (0, [f"n must be at most {2**63 - 1}, got {digits} digits"])
    assert KeyValueArguments("look", KNOWN, [f"n={2**63 - 1}"]).count("n") == 2**63 - 1


def test_an_empty_value_or_path_does_not_mean_the_present_directory():
    empty = "a path is empty; leave it out, or write . for the present directory"
    assert KeyValueArguments("look", KNOWN, ["", " "], takes_paths=True).issues == [empty, empty]
    assert KeyValueArguments("look", KNOWN, ["run= "]).issues == ["run needs a value"]


def test_a_flag_is_answered_with_the_setting_that_it_means():
    args = KeyValueArguments("look", KNOWN, ["--run", "R", "--n=5", "--from=json", "--verbose"])
    assert args.issues == [
        "'--run=R' is not a setting of ganlab look; did you mean 'run=R'?",
        "'--n=5' is not a setting of ganlab look; did you mean 'n=5'?",
        "'--from=json' is not a setting of ganlab look; did you mean 'form=json'?",
        "'--verbose' is not a setting of ganlab look",
    ]
