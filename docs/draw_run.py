"""Draws a run folder as a picture: each candidate's val mean against the rollouts paid so far, the best, and the test.

    python docs/draw_run.py RUN_FOLDER docs/helpdesk.svg "title"

Plain SVG, readable on light and dark pages. This is how the picture in the README was made.
"""

import sys
from pathlib import Path
from xml.sax.saxutils import escape

from gepa_agents import Accepted, Confirmed, History, Result

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 330, 56, 190, 44, 46
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #57606a } .title { font-weight: 600; font-size: 15px }
.axis { stroke: #8c959f; stroke-width: 1 } .grid { stroke: #8c959f; stroke-opacity: .25 }
.best { fill: none; stroke: #0969da; stroke-width: 2.5 } .won { fill: #0969da } .merge { fill: #8250df }
.whole { fill: #1a7f37 }
.lost { fill: #8c959f; fill-opacity: .55 } .base { fill: #bf8700 } .test { fill: #1a7f37 }
@media (prefers-color-scheme: dark) { text { fill: #9da7b3 } .best { stroke: #4493f8 } .won { fill: #4493f8 } }
"""


def draw(folder: Path, title: str) -> str:
    """The picture as SVG."""
    with History.open(folder) as run:
        result, decisions = run.finished(), list(run.decisions())
    steps = max(len(decisions) - 1, 1)

    def x(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / steps

    def y(score: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * score

    shapes = [f'<text class="title" x="{LEFT}" y="24">{escape(title)}</text>']
    for score in (0, 0.25, 0.5, 0.75, 1):
        shapes.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(score):.1f}" y2="{y(score):.1f}"/>')
        shapes.append(f'<text x="{LEFT - 8}" y="{y(score) + 4:.1f}" text-anchor="end">{score:g}</text>')
    shapes.append(
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">'
        f"proposals ({result.spent.rollouts} rollouts in all)</text>"
    )
    best, path = result.baseline_val, [f"M{x(0):.1f},{y(result.baseline_val):.1f}"]
    shapes.append(f'<circle class="base" cx="{x(0):.1f}" cy="{y(best):.1f}" r="5"/>')
    for step, event in enumerate(decisions[1:], 1):
        if isinstance(event, Accepted | Confirmed):
            best = event.best
            kind = "whole" if isinstance(event, Confirmed) else "merge" if event.origin == "merge" else "won"
            shapes.append(f'<circle class="{kind}" cx="{x(step):.1f}" cy="{y(event.val):.1f}" r="4"/>')
        else:
            shapes.append(f'<circle class="lost" cx="{x(step):.1f}" cy="{HEIGHT - BOTTOM - 6}" r="2.5"/>')
        path.append(f"H{x(step):.1f}V{y(best):.1f}")
    shapes.insert(1, f'<path class="best" d="{"".join(path)}"/>')
    shapes += _legend(result)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}"><style>{STYLE}</style>{"".join(shapes)}</svg>\n'
    )


def _legend(result: Result) -> list[str]:
    rows = [
        ("base", "baseline"),
        ("won", "accepted"),
        ("merge", "merged"),
        ("whole", "run on all of val"),
        ("lost", "rejected"),
    ]
    left = WIDTH - RIGHT + 24
    shapes = []
    for row, (kind, name) in enumerate(rows):
        top = TOP + 12 + row * 22
        shapes.append(
            f'<circle class="{kind}" cx="{left}" cy="{top}" r="4.5"/><text x="{left + 12}" y="{top + 4}">{name}</text>'
        )
    if result.test is not None:
        test = result.test
        lines = ("on the test split", f"{test.baseline:.2f} → {test.tuned:.2f}", f"+{test.low:.2f} to +{test.high:.2f}")
        for row, line in enumerate(lines):
            weight = ' class="title"' if row == 1 else ""
            shapes.append(f'<text x="{left - 4}" y="{TOP + 154 + row * 22}"{weight}>{escape(line)}</text>')
    return shapes


if __name__ == "__main__":
    folder, target, title = sys.argv[1:4]
    Path(target).write_text(draw(Path(folder), title), encoding="utf-8")
