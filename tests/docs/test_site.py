"""The documentation builds, and no link in it, or in the files of the top folder, is broken."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#:]+)(?:#[^)\s]*)?\)")
EXTERNAL = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"?(?:https?:)?//", re.IGNORECASE)
BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LIST_AFTER_TEXT = re.compile(r"^(?![-*|#>\d\s]|```)[^\n]+\n[-*] ", re.MULTILINE)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site; --strict fails for a broken link, a missing anchor, and a page that the navigation lacks."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_has_every_page(site):
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.relative_to(site) for path in site.rglob("*.html")}
    assert built == pages | {Path("404.html"), Path("contributing.html"), Path("changelog.html")}


def test_pages_load_nothing_from_a_network(site):
    for page in site.rglob("*.html"):
        assert not EXTERNAL.search(page.read_text()), page.name


def test_links_between_files_of_the_top_folder_and_the_docs_become_links_between_pages(site):
    assert 'href="design.html"' in (site / "contributing.html").read_text()
    assert 'href="contributing.html"' in (site / "design.html").read_text()
    hinge = (site / "reference" / "loss.html").read_text()
    assert "<code>ganlab.losses.Hinge</code>" in hinge
    assert "hinge.py" not in hinge, "the site does not have the source"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_of_the_top_folder_lead_somewhere(name):
    for target in LINK.findall(BLOCK.sub("", (ROOT / name).read_text())):
        assert (ROOT / target).exists(), f"{name} links to {target}"


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.stem)
def test_lists_have_an_empty_line_before_them(path):
    found = LIST_AFTER_TEXT.search(BLOCK.sub("", path.read_text()))
    assert not found, f"MkDocs would show this list as text: {found[0]!r}"
