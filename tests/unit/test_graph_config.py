"""Graph configurations: saved, loaded, refused."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gepa_agents.words.candidate import Candidate
from gepa_agents.words.component import Component, Slot
from gepa_agents.words.errors import GraphConfigError
from gepa_agents.words.graph_config import GraphConfig

PLANNER = Component(
    name="planner.system", kind="prompt", text="Plan for {city}.", node="planner", slots=(Slot(name="city"),)
)
WRITER = Component(name="writer.system", kind="prompt", text="Write.", node="writer")


def config(**texts: str) -> GraphConfig:
    return GraphConfig(components=(PLANNER, WRITER), texts={f"{k}.system": v for k, v in texts.items()}, graph_id="g")


@pytest.mark.parametrize("name", ["tuned.yaml", "tuned.json"])
def test_what_is_saved_is_loaded(tmp_path: Path, name: str):
    """Components and texts come back to the letter, literal braces, quotes and lines included."""
    saved = config(planner='Plan for {city}.\n  {"a": [1]} %s \\n\ttab\n\n# no comment: "x"', writer="a: b")
    loaded = GraphConfig.load(saved.save(tmp_path / "deep" / name))
    assert loaded.texts == saved.texts
    assert loaded.components == saved.components


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t")))
def test_any_text_survives_a_round_trip(text: str):
    """Whatever a prompt holds, YAML gives it back."""
    document = yaml.safe_load(yaml.safe_dump(config(writer=text).document()))
    assert GraphConfig.from_document(document).texts["writer.system"] == text


def test_the_document_starts_like_an_assistant(tmp_path: Path):
    """Its first keys are those of a LangGraph assistant."""
    document = json.loads(config(writer="x").save(tmp_path / "t.json").read_text())
    assert list(document)[:5] == ["graph_id", "name", "config", "context", "metadata"]
    assert document["config"]["configurable"]["promptset"] == {"writer.system": "x"}


def test_only_changed_texts_count():
    """A candidate that says what the agent says already is the baseline."""
    assert Candidate().with_text(WRITER, "Write.").id == Candidate().id == GraphConfig().candidate.id
    assert config(writer="New.").overridden() == (WRITER,)


def test_identity_is_content():
    """The same texts have the same id whatever their order and history."""
    one = Candidate().with_text(WRITER, "a").with_text(PLANNER, "b {city}")
    other = Candidate().with_text(PLANNER, "b {city}").with_text(WRITER, "a")
    assert one.id == other.id
    assert one.parents != other.parents


def edited(tmp_path: Path, change) -> Path:
    document = config(writer="x").document()
    change(document)
    path = tmp_path / "edited.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.update(schema="other/1"), "no graph configuration of schema"),
        (lambda d: d.pop("components"), "not complete: KeyError"),
        (lambda d: d["components"][1].update(text="Edited."), "default text of `writer.system` was edited"),
        (lambda d: d["config"]["configurable"]["promptset"].update(ghost="x"), "does not list: ghost"),
        (lambda d: d["config"]["configurable"]["promptset"].update({"planner.system": "Plan."}), r"lacks \{city\}"),
        (lambda d: d["config"]["configurable"]["promptset"].update({"writer.system": 3}), "`texts.writer.system`"),
    ],
)
def test_a_document_that_does_not_fit_is_refused(tmp_path: Path, change, sentence: str):
    """Each way to break a saved configuration has its sentence."""
    with pytest.raises(GraphConfigError, match=sentence):
        GraphConfig.load(edited(tmp_path, change))


def test_what_is_no_yaml_is_refused(tmp_path: Path):
    """Neither a missing file nor a broken one gives a traceback."""
    (tmp_path / "broken.yaml").write_text("a: [1")
    with pytest.raises(GraphConfigError, match="no YAML"):
        GraphConfig.load(tmp_path / "broken.yaml")
    with pytest.raises(GraphConfigError, match="can't be read"):
        GraphConfig.load(tmp_path / "none.yaml")


def test_code_in_yaml_is_not_run(tmp_path: Path):
    """A document is data: a tag that would construct an object is refused."""
    (tmp_path / "evil.yaml").write_text("!!python/object/apply:os.system ['true']")
    with pytest.raises(GraphConfigError, match="no YAML"):
        GraphConfig.load(tmp_path / "evil.yaml")
