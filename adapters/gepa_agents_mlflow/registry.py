"""A candidate's prompts in MLflow's prompt registry: a prompt for each component, a version for each text."""

import re
from typing import Any

from gepa_agents import Component, GraphConfig
from gepa_agents.words.naming import distinct

CANDIDATE = "gepa_agents.candidate"
COMPONENT = "gepa_agents.component"
RUN = "gepa_agents.run_id"
FIELD = re.compile(r"\{\{.*?\}\}|\{%", re.DOTALL)
"""What MLflow fills in, or takes for a statement of Jinja."""


def register(client: Any, config: GraphConfig, graph_id: str, run_id: str) -> dict[str, str]:
    """Register every prompt of a candidate; name and version (`desk.answer.system/3`) by component.

    A prompt whose latest version reads the same keeps that version.
    """
    registered = dict[str, str]()
    prompts = [component for component in config.components if component.kind == "prompt"]
    names = distinct({component.name: prompt_name(graph_id, component) for component in prompts})
    for component in prompts:
        name, text = names[component.name], template(component, config.candidate.text(component))
        found = _latest(client, name)
        if found is None or found.template != text:
            found = client.register_prompt(
                name=name,
                template=text,
                commit_message=f"candidate {config.candidate.id}",
                tags={CANDIDATE: config.candidate.id, COMPONENT: component.name, RUN: run_id},
            )
        registered[component.name] = f"{name}/{found.version}"
    return registered


def prompt_name(graph_id: str, component: Component) -> str:
    """A name that MLflow takes: letters, digits, `.`, `_` and `-`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{graph_id}.{component.name}").strip("-")


def template(component: Component, text: str) -> str:
    """The text in MLflow's notation, in which a slot is `{{name}}`. Other braces are as they are: it has no escape."""
    names = "|".join(re.escape(slot.name) for slot in component.slots)
    return re.sub(r"\{(" + names + r")\}", r"{{\1}}", text) if names else text


def misread(config: GraphConfig) -> tuple[str, ...]:
    """The prompts whose own braces MLflow would take for a field or for Jinja, when it formats them."""
    return tuple(
        one.name
        for one in config.components
        if one.kind == "prompt" and FIELD.search(_without(one, config.candidate.text(one)))
    )


def _without(component: Component, text: str) -> str:
    """The text without its slots."""
    for slot in component.slots:
        text = text.replace(f"{{{slot.name}}}", "")
    return text


def _latest(client: Any, name: str) -> Any:
    versions = [one.version for one in client.search_prompt_versions(name)] if client.get_prompt(name) else []
    return client.get_prompt_version(name, max(versions, key=int)) if versions else None
