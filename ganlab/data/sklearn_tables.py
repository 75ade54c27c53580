"""The tables that scikit-learn ships, without a download: wines, breast cancer and diabetes."""

import gzip
from abc import ABC
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, final

from ganlab.core.interfaces import EMPTY, Spec
from ganlab.data.readers.text_table import TextTable
from ganlab.data.table import TableDataSet


class SklearnTable(TableDataSet, ABC):
    """Base class of tables of scikit-learn: `read` returns the table, whose last column is the target.

    >>> from ganlab.data.readers.text_table import TextTable
    >>> class Tosses(SklearnTable):
    ...     @classmethod
    ...     def read(cls):
    ...         return TextTable(["height", "side"], [[str(place) for place in range(20)], ["head", "tail"] * 10])
    >>> Tosses(labels=True, test=0.5).summary()
    'rows: 8 training, 2 validation, 10 test; columns: 1 number, 1 category; training rows per class: head 4, tail 4'
    """

    def __init__(
        self,
        labels: bool = False,
        modes: int | str = 1,
        validation: float = 0.1,
        test: float = 0.3,
        limit: int = 0,
        split_seed: int = 0,
    ) -> None:
        table = self.read()
        super().__init__(table, table.names[-1], labels, "target", EMPTY, modes, validation, test, limit, split_seed)

    @classmethod
    def read(cls) -> TextTable:
        """Return the table; a subclass reads it from the package's file."""
        raise NotImplementedError

    @classmethod
    def preview(cls, **settings: Any) -> Spec | None:
        """Return the spec, for which the small table is read; raises ValueError for invalid settings."""
        return cls(**settings).spec


@final
class Wine(SklearnTable):
    """Chemical analyses of 178 wines of three cultivars (Aeberhard & Forina 1992); the target is the cultivar."""

    names: ClassVar[Sequence[str]] = (
        "alcohol",
        "malic_acid",
        "ash",
        "alcalinity_of_ash",
        "magnesium",
        "total_phenols",
        "flavanoids",
        "nonflavanoid_phenols",
        "proanthocyanins",
        "color_intensity",
        "hue",
        "od280/od315_of_diluted_wines",
        "proline",
    )

    @classmethod
    def read(cls) -> TextTable:
        """Read wine_data.csv."""
        return _read_classified("wine_data.csv", cls.names, "cultivar")


@final
class BreastCancer(SklearnTable):
    """Shapes of cell nuclei of 569 tumours (Street et al. 1993); the target is whether a tumour is malignant."""

    shapes: ClassVar[Sequence[str]] = (
        "radius",
        "texture",
        "perimeter",
        "area",
        "smoothness",
        "compactness",
        "concavity",
        "concave_points",
        "symmetry",
        "fractal_dimension",
    )

    @classmethod
    def read(cls) -> TextTable:
        """Read breast_cancer.csv."""
        names = [f"{statistic}_{shape}" for statistic in ("mean", "error", "worst") for shape in cls.shapes]
        return _read_classified("breast_cancer.csv", names, "diagnosis")


@final
class Diabetes(SklearnTable):
    """Blood tests of 442 patients (Efron et al. 2004); the target is a number, the progression of the disease."""

    names: ClassVar[Sequence[str]] = ("age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu", "progression")

    @classmethod
    def read(cls) -> TextTable:
        """Read diabetes_data_raw.csv.gz and diabetes_target.csv.gz."""
        rows = [line.split() for line in _read("diabetes_data_raw.csv.gz").splitlines()]
        targets = [f"{float(line):.0f}" for line in _read("diabetes_target.csv.gz").split()]
        return TextTable(cls.names, [*zip(*rows, strict=True), targets])


def _read_classified(file: str, names: Sequence[str], target: str) -> TextTable:
    """Read a csv whose first line names the classes, and whose last column has their numbers."""
    first, *lines = _read(file).splitlines()
    classes = first.split(",")[2:]
    *columns, numbers = zip(*(line.split(",") for line in lines), strict=True)
    return TextTable([*names, target], [*columns, [classes[int(number)] for number in numbers]])


def _read(file: str) -> str:
    """Return the text of a file; the package is located but not imported, which would take a second."""
    package = find_spec("sklearn")
    assert package is not None
    assert package.origin is not None
    data = (Path(package.origin).parent / "datasets" / "data" / file).read_bytes()
    return (gzip.decompress(data) if file.endswith(".gz") else data).decode()
