"""Graph configurations: saved, loaded, refused."""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

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


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text(" \n\r\t\x85\u2028\u2029\ufeff#'\"\\:-|>%&*!a\0"))
def test_any_text_survives_a_round_trip(text: str):
    """Whatever a prompt holds, the agent's own or a tuned one, a file gives it back, as YAML and as JSON."""
    own = WRITER.model_copy(update={"text": text})
    saved = GraphConfig(components=(PLANNER, own), texts={"planner.system": f"{text}{{city}}"}, metadata={text: [text]})
    with TemporaryDirectory() as folder:
        for name in ("tuned.yaml", "tuned.json"):
            loaded = GraphConfig.load(saved.save(Path(folder) / name))
            assert loaded.texts == saved.texts
            assert loaded.components == saved.components
            assert loaded.metadata == {**saved.metadata, "candidate": saved.candidate.id}


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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 5000, "is no YAML: it is nested too deeply"),
        ("a: " * 1 + "[" * 300 + "]" * 300, "is no YAML: it is nested too deeply"),
        ("a: &a [*a]", "is no YAML: it is nested too deeply"),
        ("b0: &b0 [1]\n" + "".join(f"b{n + 1}: &b{n + 1} [{f'*b{n},' * 20}]\n" for n in range(20)), "too deeply"),
        ("a: 2024-13-45", "is no YAML: month must be in 1..12"),
        ("a: " + "7" * 5000, "is no YAML: Exceeds the limit"),
        ("a: \0", "is no YAML: unacceptable character"),
        ("a: !!bool x", "is no YAML: 'x'"),
        ("!!timestamp x", "is no YAML: "),
        ("? {a: 1}\n: 2", "is no YAML: "),
    ],
    ids=["flow", "deep", "circle", "references", "date", "digits", "null", "bool", "timestamp", "key"],
)
def test_whatever_yaml_can_say_is_refused_in_a_sentence(tmp_path: Path, text: str, said: str):
    """Nesting, references, dates and numbers that Python can't take are the file's fault, and said so."""
    (tmp_path / "candidate.yaml").write_text(text)
    with pytest.raises(GraphConfigError, match=re.escape(said)):
        GraphConfig.load(tmp_path / "candidate.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "is no JSON: it is nested too deeply"),
        ("[" * 300 + "]" * 300, "is no JSON: it is nested too deeply"),
        ("7" * 5000, "is no JSON: Exceeds the limit"),
        ("{,", "is no JSON: Expecting property name"),
        ("[]", "is no graph configuration"),
    ],
    ids=["open", "deep", "digits", "broken", "list"],
)
def test_whatever_json_can_say_is_refused_in_a_sentence(tmp_path: Path, text: str, said: str):
    """A file that ends in `.json` is read as JSON, and its faults are named as such."""
    (tmp_path / "candidate.json").write_text(text)
    with pytest.raises(GraphConfigError, match=said):
        GraphConfig.load(tmp_path / "candidate.json")


def test_json_of_other_programs_is_read(tmp_path: Path):
    """Escaped characters in two halves, tabs, a byte order mark: JSON as anybody writes it."""
    saved = config(writer="a \N{ROCKET} b")
    for text in (json.dumps(saved.document()), json.dumps(saved.document(), indent="\t"), "\ufeff" + saved.to_json()):
        (tmp_path / "candidate.json").write_text(text)
        assert GraphConfig.load(tmp_path / "candidate.json").texts == saved.texts


def test_code_in_yaml_is_not_run(tmp_path: Path):
    """A document is data: a tag that would construct an object is refused."""
    (tmp_path / "evil.yaml").write_text("!!python/object/apply:os.system ['true']")
    with pytest.raises(GraphConfigError, match="no YAML"):
        GraphConfig.load(tmp_path / "evil.yaml")
