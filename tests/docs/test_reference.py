"""docs/reference/ has what ./scripts/reference would write now."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "scripts" / "documentation" / "reference.py"


@pytest.fixture(scope="module")
def reference():
    """Make the program's modules importable, and return the main one."""
    sys.path.insert(0, str(PROGRAM.parent))
    try:
        import reference

        yield reference
    finally:
        sys.path.remove(str(PROGRAM.parent))


def test_no_page_is_out_of_date():
    done = subprocess.run([sys.executable, str(PROGRAM), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_missing_changed_and_superfluous_pages_are_stale(reference, tmp_path):
    expected = reference.pages()
    for name, text in expected.items():
        (tmp_path / name).write_text(text)
    assert reference.stale(expected, tmp_path) == []
    (tmp_path / "loss.md").write_text("changed")
    (tmp_path / "game.md").unlink()
    (tmp_path / "former.md").write_text("the page of a group that no longer exists")
    assert reference.stale(expected, tmp_path) == ["former.md", "game.md", "loss.md"]


def test_a_loss_has_its_class_formulas_command_and_settings(reference):
    page = reference.pages()["loss.md"]
    section = page.split("\n## hinge\n")[1].split("\n## ")[0]
    assert "[`ganlab.losses.Hinge`](../../ganlab/losses/hinge.py)" in section
    assert "- Discriminator: max(0, 1 \N{MINUS SIGN} D(x)) + max(0, 1 + D(G(z)))" in section
    assert "- Generator: \N{MINUS SIGN}D(G(z))" in section
    assert "ganlab train loss=hinge" in section
    assert "| `loss.flip` | `0.0` | " in section


def test_a_preset_links_to_its_base_and_lists_only_its_own_settings(reference):
    section = reference.pages()["generator.md"].split("\n## mlp_128\n")[1].split("\n## ")[0]
    assert "[`ganlab.generators.MLP`](../../ganlab/generators/mlp.py)" in section
    assert "| `generator.widths` | `[128, 128]` |" in section
    assert "generator.activation" not in section
    assert "[mlp](#mlp)" in section


def test_the_python_page_has_signatures_attributes_and_methods(reference):
    page = reference.pages()["python.md"]
    assert "def load(" in page
    section = page.split("\n### Regularizer\n")[1].split("\n### ")[0]
    assert "class Regularizer(weight: float, every: int = 1)" in section
    assert "| `player` | `str` |" in section
    assert "@abstractmethod\ndef penalty(view: BatchView) -> Tensor" in section


def test_markdown_of_docstrings_comments_and_signatures(reference):
    from markdown_text import cell, code, docstring, first_sentence, signature
    from signatures import Call

    assert cell("a | b, `c_d` and (n, *shape) < 3") == r"a \| b, `c_d` and (n, \*shape) &lt; 3"
    assert code("a | b") == "<code>a &#124; b</code>"
    assert first_sentence("Brock et al. 2019, eq. 3. Second sentence.") == "Brock et al. 2019, eq. 3"
    text = "First line.\n\nArgs:\n    weight: of the term,\n        at least 0\n    every: updates\n\n>>> 1 + 1\n2"
    assert docstring(text) == [
        *("First line.", "", "**Args**", ""),
        *("- `weight`: of the term, at least 0", "- `every`: updates", ""),
        *("```pycon", ">>> 1 + 1", "2", "```", ""),
    ]
    attribute = Call(("@property", "@abstractmethod"), "def", "network", (), "nn.Module")
    assert signature(attribute) == ["```python", "network: nn.Module  # abstract property", "```", ""]
    call = Call(("@classmethod",), "def", "make", ("count: int", f"{'long' * 25}: int = 1"), "Self")
    assert signature(call) == [
        *("```python", "@classmethod", "def make(", "    count: int,"),
        *(f"    {'long' * 25}: int = 1,", ") -> Self", "```", ""),
    ]
