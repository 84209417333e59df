"""A graph configuration: a candidate bound to the components it was made for; what is applied, saved and loaded.

As a document its first keys are those of a LangGraph assistant (`graph_id`, `name`, `config`, `context`, `metadata`).
Knows YAML and JSON, nothing of graphs.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import ValidationError

from gepa_agents.words.candidate import Candidate
from gepa_agents.words.component import Component
from gepa_agents.words.errors import GraphConfigError
from gepa_agents.words.frozen import Frozen, JsonValue
from gepa_agents.words.nesting import too_deep

SCHEMA = "gepa-agents/1"


class GraphConfig(Frozen):
    """Texts for an agent's components. Empty, it is the agent as it stands."""

    components: tuple[Component, ...] = ()
    """All components known of the agent, changed or not: what a prompt is recognised by at run time."""
    texts: dict[str, str] = {}
    """New texts by component name; what is not in it stays as it is."""
    graph_id: str = ""
    """The graph's name."""
    name: str = ""
    """A name for people."""
    metadata: dict[str, JsonValue] = {}
    """Scores, lineage, settings: for people and tools, not read back."""

    @property
    def candidate(self) -> Candidate:
        """The texts alone."""
        return Candidate(self.texts)

    def overridden(self) -> tuple[Component, ...]:
        """The components whose text differs from the agent's own."""
        return tuple(component for component in self.components if component.name in self.texts)

    def document(self) -> dict[str, Any]:
        """The configuration as one JSON-able document."""
        return {
            "graph_id": self.graph_id,
            "name": self.name,
            "config": {"configurable": {"promptset": dict(self.texts)}},
            "context": {},
            "metadata": {**self.metadata, "candidate": self.candidate.id},
            "schema": SCHEMA,
            "components": [
                {**component.model_dump(mode="json"), "sha256": _sha256(component.text)}
                for component in self.components
            ],
        }

    def to_yaml(self) -> str:
        """The document as YAML, made to be read and edited."""
        return yaml.dump(self.document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)

    def to_json(self) -> str:
        """The document as JSON, for programs."""
        return json.dumps(self.document(), ensure_ascii=False, indent=2) + "\n"

    def save(self, path: str | Path) -> Path:
        """Write the document as YAML, or as JSON when the path ends in `.json`; raises `OSError` as writing does."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.to_json() if path.suffix == ".json" else self.to_yaml(), encoding="utf-8")
        return path

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a saved document; `GraphConfigError` says what is wrong with it."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise GraphConfigError(
                f"{path} can't be read ({error.strerror}); give the path of a saved candidate"
            ) from error
        except UnicodeDecodeError as error:
            raise GraphConfigError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
        form = "JSON" if path.suffix == ".json" else "YAML"
        try:
            document = _parsed(text, form)
        except _Unreadable as error:
            raise GraphConfigError(f"{path} is no {form}: {error}; save it with `export` again") from error
        return cls.from_document(document, source=str(path))

    @classmethod
    def from_document(cls, document: Any, source: str = "the document") -> Self:
        """Read a document; `source` names it in messages."""
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise GraphConfigError(
                f"{source} is no graph configuration of schema `{SCHEMA}`; save it with `export` again"
            )
        try:
            components = []
            for entry in document["components"]:
                entry = dict(entry)
                digest = entry.pop("sha256")
                component = Component.model_validate(entry)
                if digest != _sha256(component.text):
                    raise GraphConfigError(
                        f"{source}: the default text of `{component.name}` was edited (its sha256 differs); "
                        "edit the tuned texts under `config`, not the defaults"
                    )
                components.append(component)
            config = cls(
                components=tuple(components),
                texts=document["config"]["configurable"]["promptset"],
                graph_id=document.get("graph_id", ""),
                name=document.get("name", ""),
                metadata=document.get("metadata", {}),
            )
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise GraphConfigError(f"{source}: `{where}`: {first['msg']}; save it with `export` again") from error
        except (KeyError, TypeError, ValueError) as error:
            raise GraphConfigError(
                f"{source} is not complete: {type(error).__name__}: {str(error).splitlines()[0]}"
            ) from error
        unknown = sorted(set(config.texts) - {component.name for component in config.components})
        if unknown:
            raise GraphConfigError(f"{source} has texts for components it does not list: {', '.join(unknown)}")
        for component in config.overridden():
            lost = [
                f"{{{slot.name}}}" for slot in component.slots if f"{{{slot.name}}}" not in config.texts[component.name]
            ]
            if lost:
                raise GraphConfigError(
                    f"{source}: the text of `{component.name}` lacks {', '.join(lost)}, "
                    "which is filled in when the agent runs; put it back"
                )
        return config


class _Unreadable(Exception):
    """A text is not in its form; the message says why."""


ALIASES = 100_000
"""Values on one level that a short document may have by references to what stands in it once."""
FAULTS = (yaml.YAMLError, ValueError, OverflowError, LookupError, AttributeError, TypeError)
"""What parsers raise, the last three PyYAML for values that don't fit their tags (`!!timestamp x`, `!!bool x`)."""


def _parsed(text: str, form: str) -> object:
    try:
        document: object = json.loads(text) if form == "JSON" else yaml.safe_load(text)
    except FAULTS as error:
        raise _Unreadable(str(error).partition("\n")[0] or type(error).__name__) from error
    except RecursionError as error:
        raise _Unreadable("it is nested too deeply") from error
    if too_deep(document, widest=max(len(text), ALIASES)):
        raise _Unreadable("it is nested too deeply, or refers to itself")
    return document


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that a person can read and edit them; nothing as a reference."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # YAML takes these for ends of lines, and a block's ends of lines for "\n"; escaped they stay what they are.
    odd = any(mark in text for mark in "\x85\u2028\u2029")
    style = '"' if odd else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
