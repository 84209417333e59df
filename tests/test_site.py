"""The documentation site: built from `docs` without a warning, whole, and readable for machines."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import gepa_agents

pytest.importorskip("sphinx", reason="the site is built with the extra `docs`")

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as CONTRIBUTING says; any warning is an error, a page in no table of contents among them."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", str(DOCS), str(out)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return out


def test_every_public_name_is_in_the_reference(site: Path):
    """What can be imported from `gepa_agents` has its entry, with its docstring."""
    page = (site / "api.html").read_text(encoding="utf-8")
    entries = set(re.findall(r'id="gepa_agents\.(\w+)"', page))
    assert entries >= set(gepa_agents.__all__) - {"Event"}  # a union, which the page spells out


def test_fields_are_explained(site: Path):
    """The reference shows the sentence under a field, not only its name."""
    page = (site / "api.html").read_text(encoding="utf-8")
    assert "Runs of the agent, those of the closing test included." in page


def test_llms_txt_leads_to_every_page(site: Path):
    """`llms.txt` links each page as Markdown with its first sentence, and the copies are the pages."""
    listed = re.findall(r"^- \[.+?\]\((.+?)\): \S+", (site / "llms.txt").read_text(encoding="utf-8"), re.MULTILINE)
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - {"README.md"}
    assert set(listed) == pages
    for page in listed:
        assert (site / page).read_bytes() == (DOCS / page).read_bytes()


def test_links_within_the_site_lead_somewhere(site: Path):
    """Every relative link of every page names a file of the site, and an anchor that is there."""
    broken = []
    for page in site.rglob("*.html"):
        if page.name in ("genindex.html", "search.html"):
            continue
        for link in _Links.of(page):
            path, _, anchor = link.partition("#")
            target = (page.parent / path) if path else page
            if not target.exists() or (anchor and f'id="{anchor}"' not in target.read_text(encoding="utf-8")):
                broken.append(f"{page.relative_to(site)}: {link}")
    assert broken == []


class _Links(HTMLParser):
    """The relative links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @classmethod
    def of(cls, page: Path) -> list[str]:
        reader = cls()
        reader.feed(page.read_text(encoding="utf-8"))
        return reader.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        link = dict(attrs).get("href") if tag == "a" else None
        if link and link != "#" and not re.match(r"\w+:", link):
            self.found.append(link)
