"""MkDocs hooks: two files of the repository's top folder become pages, and links out of docs/ are resolved."""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
PAGES = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}  # of the repository: of the site
HOME = {"README.md": "index.md"}
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])+)\]\(([^)\s#:]+)(#[^)\s]*)?\)")
CODE_BLOCK = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)

log = get_plugin_logger("ganlab")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie outside docs/."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite links that leave docs/: to a page of the site if there is one, else to plain text.

    Warns, which fails a strict build, if the repository has no such file.
    """
    if page.is_homepage:
        page.meta["hide"] = ["navigation"]  # which has nothing but this page
    sources = {target: source for source, target in PAGES.items()}
    origin = sources.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def resolve(match: re.Match[str]) -> str:
        text, path, anchor = match[1], match[2], match[3] or ""
        target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), path))
        if not (ROOT / target).exists():
            log.warning("%s links to %s, which does not exist", origin, target)
            return text
        if target.startswith("docs/"):
            inside: str | None = target.removeprefix("docs/")
        else:
            inside = (PAGES | HOME).get(target)
        if inside is None or (ROOT / target).is_dir():
            return text
        return f"[{text}]({posixpath.relpath(inside, posixpath.dirname(page.file.src_uri) or '.')}{anchor})"

    pieces = CODE_BLOCK.split(markdown)
    return "".join(piece if piece.startswith("```") else LINK.sub(resolve, piece) for piece in pieces)
