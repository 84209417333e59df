"""How these pages become a site: `python -m sphinx -W docs site`. Writes `llms.txt`, too, the site for machines.

The pages are plain Markdown that reads as well in a repository; only `index.rst` and `api.rst` are Sphinx's own.
"""

import re
from importlib.metadata import metadata
from pathlib import Path

import gepa_agents_langgraph  # noqa: F401 - before autodoc, under whose own import LangChain's records can't be made
from sphinx.application import Sphinx

HERE = Path(__file__).parent
OUTSIDE = re.compile(r"\[([^\]]+)\]\((\.\./[^)#]+)(#[^)]*)?\)")
"""A Markdown link that starts with a way up."""

_about = metadata("gepa-agents")
project = "gepa-agents"
release = _about["Version"]
extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["README.md"]  # what a repository shows of this folder; `index.rst` is the site's
html_theme = "furo"
html_title = project
html_copy_source = False

myst_heading_anchors = 3
default_role = "code"  # docstrings write names in single backticks
autoclass_content = "class"
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"


def setup(app: Sphinx) -> None:
    """Sphinx's entry point."""
    app.connect("source-read", _name_files)
    app.connect("build-finished", _write_llms)


def _name_files(_app: Sphinx, page: str, source: list[str]) -> None:
    """Links out of `docs` lead to files of the repository, which the site does not have: their names stand instead."""

    def named(link: re.Match[str]) -> str:
        target = (HERE / page).parent.joinpath(link[2]).resolve()
        inside = target.is_relative_to(HERE)
        return link[0] if inside else f"{link[1]} (`{target.relative_to(HERE.parent)}`)"

    source[0] = OUTSIDE.sub(named, source[0])


def _write_llms(app: Sphinx, error: Exception | None) -> None:
    """`llms.txt` (https://llmstxt.org): what this is and each page with its first sentence; each page as Markdown."""
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    lines = [f"# {project}", "", f"> {_about['Summary']}", "", "## Pages", ""]
    for page in _in_order(app):
        source = HERE / f"{page}.md"
        if not source.is_file():
            continue
        text = source.read_text(encoding="utf-8")
        copy = out / f"{page}.md"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8")
        lines.append(f"- [{app.env.titles[page].astext()}]({page}.md): {_first_sentence(text)}")
    (out / "llms.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")


def _in_order(app: Sphinx) -> list[str]:
    """The pages as the table of contents has them."""
    found = [app.config.root_doc]
    for page in found:
        found += app.env.toctree_includes.get(page, [])
    return found


def _first_sentence(text: str) -> str:
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    paragraphs = (part for part in prose.split("\n\n") if re.match(r"\s*[A-Za-z`*]+[^|]", part))
    return re.split(r"(?<=[.!?])\s", " ".join(next(paragraphs, "").split()), maxsplit=1)[0]
