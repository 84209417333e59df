"""Two graph configurations side by side, text by text."""

import io

from gepa_agents_cli.diff import differences, show
from rich.console import Console

from gepa_agents.words.component import Component
from gepa_agents.words.graph_config import GraphConfig

WRITER = Component(name="writer.system", kind="prompt", text="Write.\nBe kind.", node="writer")
TRIAGE = Component(name="triage.system", kind="prompt", text="Sort [red]this[/red].", node="triage")
TUNED = GraphConfig(components=(WRITER, TRIAGE), texts={"writer.system": "Write.\nBe brief."})


def shown(before: GraphConfig, after: GraphConfig, *, terminal: bool = False) -> str:
    """What is printed for the two."""
    console = Console(file=io.StringIO(), force_terminal=terminal, width=200)
    show(before, after, console, ("a", "b"))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_the_baseline_has_the_agents_own_texts() -> None:
    """Against the empty configuration, the other side's defaults are what stood before."""
    assert list(differences(GraphConfig(), TUNED)) == [("writer.system", "Write.\nBe kind.", "Write.\nBe brief.")]
    assert list(differences(TUNED, GraphConfig())) == [("writer.system", "Write.\nBe brief.", "Write.\nBe kind.")]


def test_only_what_differs_is_shown_as_a_unified_diff() -> None:
    """Each changed text stands under its component's name; unchanged ones are left out."""
    assert shown(GraphConfig(), TUNED).splitlines() == [
        "writer.system",
        "--- a",
        "+++ b",
        "@@ -1,2 +1,2 @@",
        " Write.",
        "-Be kind.",
        "+Be brief.",
    ]


def test_colour_is_for_terminals_only() -> None:
    """A file gets no escape codes, a terminal does."""
    assert "\x1b[" not in shown(GraphConfig(), TUNED)
    assert "\x1b[32m+Be brief." in shown(GraphConfig(), TUNED, terminal=True)


def test_texts_are_shown_as_they_are() -> None:
    """What looks like markup is text."""
    other = GraphConfig(components=(TRIAGE,), texts={"triage.system": "Sort [bold]that[/bold]."})
    assert "-Sort [red]this[/red]." in shown(GraphConfig(), other)
    assert "+Sort [bold]that[/bold]." in shown(GraphConfig(), other)


def test_equal_configurations_say_so() -> None:
    """No difference is said in words, not by silence."""
    assert shown(TUNED, TUNED) == "no text differs between a and b\n"


def test_agents_whose_own_texts_differ_are_compared_by_their_own() -> None:
    """A configuration made for a changed agent differs in the default too."""
    later = GraphConfig(components=(WRITER.model_copy(update={"text": "Write well."}), TRIAGE))
    earlier = GraphConfig(components=(WRITER, TRIAGE))
    assert list(differences(earlier, later)) == [("writer.system", "Write.\nBe kind.", "Write well.")]


def test_a_difference_that_can_not_be_seen_is_named() -> None:
    """A line end more or less is a difference, and said in words."""
    other = GraphConfig(components=(WRITER,), texts={"writer.system": WRITER.text + "\n"})
    assert shown(GraphConfig(), other) == "writer.system\n(only the ends of lines differ)\n"
