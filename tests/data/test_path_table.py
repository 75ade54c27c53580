import pickle

import pytest
import torch

from ganlab.data.readers.path_table import CHUNK, PathTable

NAMES = ["a.png", "cat/ü 1.png", "cat/😀.png", "dog/\udcff\udce9.png", "dog/" + "long " * 50 + ".png"]


def test_paths_come_back_as_they_were() -> None:
    table = PathTable.of(NAMES)
    assert list(table) == [table[row] for row in range(len(table))] == NAMES
    assert list(pickle.loads(pickle.dumps(table))) == NAMES
    assert list(table.take(torch.tensor([3, 0]))) == [NAMES[3], NAMES[0]]
    with pytest.raises(IndexError):
        table[len(NAMES)]


def test_tables_of_any_length() -> None:
    for count in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1):
        names = [f"{number}.png" for number in range(count)]
        assert list(PathTable.of(iter(names))) == names
        assert len(PathTable.of(names)) == count


def test_equality_is_of_paths_and_order() -> None:
    table = PathTable.of(NAMES)
    assert table.equals(PathTable.of(NAMES))
    assert not table.equals(PathTable.of(reversed(NAMES)))
    assert not table.equals(PathTable.of(NAMES[1:]))
    assert not PathTable.of(["ab", "c"]).equals(PathTable.of(["a", "bc"]))
