"""Writes content as one HTML file that fetches nothing.

What came from the run is in the page twice only: the verdict's few words, escaped, and the content, compressed and in
base64, which holds no character that HTML knows. The policy in the page's head lets our own script and style run, by
their hashes, and nothing else.
"""

import base64
import gzip
import hashlib
import html
import re
from importlib.resources import files

from gepa_agents_report.content import Content

SCRIPTS = (
    "dom", "state", "verdict", "routes", "graph", "charts", "family", "difference", "changes", "configuration", "tasks",
    "evidence", "main",
)  # fmt: skip
"""In the order in which they are read."""
CHART = "chart/chart.umd.min.js"
CHART_VERSION = "4.6.1"
CHART_SHA256 = "87364cc2b2a76a6684929e7d6b80b18a897794db38400caff1fcf1791c6925d2"
"""Of Chart.js as its makers publish it."""
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Characters that can't be seen, or turn the direction of text."""
_PLACE = re.compile("@([a-z]+)@")


def packed(content: Content) -> str:
    """The content as the page's script takes it: JSON, compressed, in base64."""
    return base64.b64encode(gzip.compress(content.model_dump_json().encode(), mtime=0)).decode()


def page(content: Content, version: str = "") -> str:
    """The whole page. With the `version` of the content it is a page that asks its server for news."""
    style, chart = _asset("page/style.css"), _asset(CHART)
    script = "\n".join(_asset(f"page/{name}.js") for name in SCRIPTS)
    values = {
        "live": f' data-live="{html.escape(version)}"' if version else "",
        "policy": policy(style, chart, script, live=bool(version)),
        "title": _shown(f"{content.agent}: {content.verdict.headline}"),
        "agent": _shown(content.agent),
        "state": "finished run" if content.finished else "not finished",
        "headline": html.escape(content.verdict.headline),
        "sentence": _shown(content.verdict.sentence),
        "written": html.escape(content.written),
        "fetches": " but news of the run from your own machine" if version else "",
        "style": style,
        "data": packed(content),
        "chart": chart,
        "script": script,
    }
    return _PLACE.sub(lambda found: values[found[1]], _asset("page/page.html"))


def policy(style: str, *scripts: str, live: bool) -> str:
    """The content security policy: these texts may act, nothing may be fetched (but news, from the same server)."""
    allowed = " ".join(_hash(script) for script in scripts)
    news = "; connect-src 'self'" if live else ""
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; img-src data:; base-uri 'none'; "
        f"form-action 'none'{news}"
    )


def _shown(text: str) -> str:
    """Text for HTML, in which what can't be seen stands as its number."""
    return html.escape(_CONTROLS.sub(lambda found: f"U+{ord(found[0]):04X}", text))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _asset(name: str) -> str:
    return files("gepa_agents_report").joinpath(name).read_text(encoding="utf-8")
