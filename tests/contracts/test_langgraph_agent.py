"""The LangGraph adapter is an `Agent` by the contract that every framework's adapter must keep."""

from typing import Any

import pytest
from gepa_agents_langgraph import LangGraphAgent, wrap
from langchain.agents import create_agent

from gepa_agents.testing.agent_contract import AgentContract, Build, Deliberate
from tests.langgraph_zoo import Log, Scripted, search, uses

PROMPT = "You are a shop assistant."


def shop(prompt: str = PROMPT, reply: Any = None) -> LangGraphAgent:
    """A `create_agent` that searches once."""
    model = Scripted(log=Log(), reply=reply or uses("search", query="lamp"), metadata={"ls_model_name": "scripted-1"})
    return wrap(create_agent(model, [search], system_prompt=prompt, name="shop"))


def refuse(*_: Any) -> str:
    """A model that fails."""
    raise Deliberate("on purpose")


class TestLangGraph(AgentContract):
    prompt = PROMPT

    @pytest.fixture
    def build(self) -> Build:
        return shop

    @pytest.fixture
    def changed(self) -> LangGraphAgent:
        return shop("Something else altogether: haiku only.")

    @pytest.fixture
    def failing(self) -> LangGraphAgent:
        return shop(reply=refuse)
