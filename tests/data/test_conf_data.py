import inspect
from pathlib import Path

import pytest
import yaml

from ganlab import data

FOLDER = Path(__file__).parents[2] / "conf" / "data"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_setting_is_in_the_file_with_its_default_and_a_comment(path: Path) -> None:
    node = yaml.safe_load(path.read_text())
    inner = [entry for entry in node.pop("defaults", []) if isinstance(entry, dict)]
    inside = {place.rpartition("@")[2] for entry in inner for place in entry if "override" not in place}
    target = getattr(data, node.pop("_target_").removeprefix("ganlab.data."))
    parameters = inspect.signature(target).parameters
    assert list(node) == [name for name in parameters if name not in inside]
    for name, value in node.items():
        default = parameters[name].default
        default = list(default) if type(default) is tuple else default
        assert default in (inspect.Parameter.empty, value), name
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# ")
    settings = lines[next(number for number, line in enumerate(lines) if line.startswith("_target_")) + 1 :]
    assert all("  # " in line for line in settings if not line.endswith("}"))  # another group
    assert max(map(len, lines)) <= 150


def _is_shipped(subclass: type) -> bool:  # other tests may derive from data sets
    return subclass.__module__.startswith("ganlab.")


def test_every_final_data_set_has_a_file() -> None:
    targets = {yaml.safe_load(path.read_text())["_target_"].split(".")[-1] for path in FILES}
    classes = [value for value in vars(data).values() if inspect.isclass(value) and issubclass(value, data.DataSet)]
    final = {value.__name__ for value in classes if not any(map(_is_shipped, value.__subclasses__()))}
    assert targets == final
