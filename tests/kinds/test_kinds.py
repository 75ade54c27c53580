"""The kind of samples follows from their shape unless the data says it; all kinds draw what they accept."""

import re
from dataclasses import dataclass

import pytest
import torch
from PIL import Image

from ganlab.core.interfaces import Spec
from ganlab.kinds import BY_SHAPE, ImageKind, Kind, Sheet, all_kinds, kind_of
from ganlab.kinds.arrangement import spread_labels
from ganlab.kinds.lettering import font, is_drawable, shorten, wrap
from ganlab.kinds.picture_file import save_picture

SHAPES = {"image": (3, 8, 8), "number": (1,), "point": (2,), "sequence": (16, 2), "other": (4, 3, 8, 8)}


@pytest.mark.parametrize("kind", BY_SHAPE, ids=lambda kind: kind.name)
def test_every_kind_draws_samples_of_its_shape(kind) -> None:
    shape = SHAPES[kind.name]
    assert kind_of(Spec(shape)) is kind
    assert kind_of(Spec(list(shape))) is kind  # as json holds it
    samples = torch.rand(6, *shape, generator=torch.Generator().manual_seed(0))
    labelled = Sheet(samples, "generated samples", "step 1", torch.arange(6) % 2, ["a", "b"])
    for sheet in (labelled, Sheet(samples), Sheet(samples[:1])):
        assert isinstance(kind.draw(sheet), Image.Image)
        assert kind.draw(sheet).tobytes() == kind.draw(sheet).tobytes()


def test_nested_samples_have_a_sheet_without_a_picture() -> None:
    kind = kind_of(Spec({"nodes": (9, 5), "edges": (9, 9)}))
    nest = {"nodes": torch.rand(4, 9, 5), "edges": [torch.zeros(4, 9), torch.zeros(4, 0)]}
    assert kind.name == "other"
    assert kind.draw(Sheet(nest)).height > kind.draw(Sheet(nest["nodes"])).height


def test_data_may_say_its_kind() -> None:
    assert kind_of(Spec((3, 8, 8), kind="other")).name == "other"
    with pytest.raises(
        ValueError, match=re.escape("there is no kind of data 'smell'; choose image, number, other, point, ")
    ):
        kind_of(Spec((3,), kind="smell"))


def test_a_class_is_all_that_a_kind_needs(monkeypatch) -> None:
    monkeypatch.setattr(Kind, "registered", dict(Kind.registered))

    @dataclass(frozen=True)
    class Smell(Kind):
        name, plural = "smell", "smells"
        receptors: int

        def draw(self, sheet, backdrop=None):
            return Image.new("L", (self.receptors, 1))

    assert all_kinds()["smell"] is Smell
    assert kind_of(Spec((7,), kind="smell", facts={"receptors": 7})) == Smell(7) != Smell(8)
    assert kind_of(Spec((7,))).name == "point"  # only data that say it have this kind
    with pytest.raises(ValueError, match=re.escape("the facts {} do not describe data of the kind smell: missing 1")):
        kind_of(Spec((7,), kind="smell"))


def test_kinds_are_equal_if_their_facts_are() -> None:
    assert kind_of(Spec((3, 8, 8), kind="image")) == kind_of(Spec((1, 4, 4))) == ImageKind()
    rates = [kind_of(Spec((64, 1), kind="audio", facts={"rate": rate})) for rate in (8000, 8000, 16000)]
    assert rates[0] == rates[1] != rates[2]


@pytest.mark.parametrize(
    ("shape", "classes", "features"),
    [
        ((1, 28, 28), 10, "classifier"),
        ((1, 28, 28), 0, "inception"),
        ((1, 64, 64), 10, "inception"),
        ((3, 28, 28), 10, "inception"),
        ((2,), 8, "identity"),
        ((1,), 0, "identity"),
        ((16, 2), 0, "identity"),
    ],
)
def test_features_that_fit(shape, classes, features) -> None:
    assert kind_of(Spec(shape)).default_features(shape, classes) == features


@pytest.mark.parametrize(
    ("classes", "count", "most", "shown", "each"),
    [(10, 64, 16, 10, 6), (100, 64, 16, 16, 4), (10, 5, 16, 5, 1), (2, 1, 16, 1, 1), (8, 2000, 1000, 8, 250)],
)
def test_labels_are_spread_evenly(classes, count, most, shown, each) -> None:
    labels = spread_labels(classes, count, most)
    assert len(labels) <= count
    assert labels.equal(labels.sort().values)
    numbers, counts = labels.unique(return_counts=True)
    assert (len(numbers), counts.unique().tolist()) == (shown, [each])
    assert int(labels.min()) >= 0
    assert int(labels.max()) < classes


def test_names_that_the_font_lacks_are_replaced_by_the_number() -> None:
    assert is_drawable("über кошка Ω")
    assert not is_drawable("猫")
    sheet = Sheet(torch.zeros(1), class_names=["猫", "dog", " "])
    assert [sheet.class_name(label) for label in range(4)] == ["0", "dog", "2", "3"]


def test_lines_are_never_wider_than_asked() -> None:
    facts = ["step 1,250", "64 generated samples", "one row per class", "a fact " * 30]
    for width in (120, 300, 2000):
        lines = wrap(facts, width)
        assert all(font(14).getlength(line) <= width for line in lines)
        assert " · ".join(lines).startswith("step 1,250 · 64 generated")
    assert wrap(facts, 120)[-1].endswith("…")
    assert shorten("abc\ndef", 500) == "abc def"


def test_a_picture_that_cannot_be_written_leaves_the_former_one(tmp_path, monkeypatch) -> None:
    path = tmp_path / "samples" / "1.png"
    save_picture(Image.new("L", (4, 4), 7), path)
    before = path.read_bytes()

    def fill(image, file, **options):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(Image.Image, "save", fill)
    with pytest.raises(OSError, match="no space left"):
        save_picture(Image.new("L", (4, 4), 9), path)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["1.png"]


def test_a_sheet_of_few_panels_shows_every_class() -> None:
    labels = torch.arange(3).repeat_interleave(21)
    sheet = Sheet(torch.arange(63.0), labels=labels, captions=[str(number) for number in range(63)])
    shown = sheet.selection(16)
    assert shown.samples.tolist() == [0, 1, 2, 3, 4, 21, 22, 23, 24, 25, 42, 43, 44, 45, 46]
    assert shown.labels.bincount().tolist() == [5, 5, 5]
    assert shown.captions == [str(int(number)) for number in shown.samples]
    assert Sheet(torch.arange(63.0), labels=torch.arange(63)).selection(16).labels.tolist() == list(range(16))
    assert Sheet(torch.arange(63.0)).selection(16).samples.tolist() == list(range(16))
