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
    target = getattr(data, node.pop("_target_").removeprefix("ganlab.data."))
    parameters = inspect.signature(target).parameters
    assert list(node) == list(parameters)
    for name, value in node.items():
        default = parameters[name].default
        assert default in (inspect.Parameter.empty, value), name
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# ")
    assert all("  # " in line for line in lines[2:])
    assert max(map(len, lines)) <= 150


def test_every_final_data_set_has_a_file() -> None:
    targets = {yaml.safe_load(path.read_text())["_target_"].split(".")[-1] for path in FILES}
    classes = [value for value in vars(data).values() if inspect.isclass(value) and issubclass(value, data.DataSet)]
    final = {value.__name__ for value in classes if not value.__subclasses__()}
    assert targets == final
