"""The port to an agent framework: something whose texts can be swapped and whose work can be watched."""

from collections.abc import Sequence
from typing import Protocol

from opentelemetry.trace import Tracer

from gepa_agents.words.component import Anatomy
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Trajectory


class Agent(Protocol):
    """An agent as the optimizer needs it. `gepa_agents.testing.agent_contract` proves an implementation."""

    @property
    def name(self) -> str:
        """What people call the agent; becomes `graph_id` of its saved configurations."""
        ...

    async def run(self, task: Task, config: GraphConfig, tracer: Tracer) -> JsonValue:
        """Do one task with the texts of `config` and return the outcome as plain data.

        Spans are made with `tracer` below the current span, by the conventions in `gepa_agents.words.semconv`.
        Many runs with different configurations may be under way at once, in tasks and in threads, and each sees only
        its own.
        Whatever the agent raises comes out as it is; `OverrideMissed` when a text that was due was not used.
        """
        ...

    def anatomy(self, trajectories: Sequence[Trajectory]) -> Anatomy:
        """What can be tuned, read from runs of the agent with an empty configuration.

        A pure function of the trajectories and of the agent's structure: a resumed run that reads them from its
        journal finds the same components under the same names.
        """
        ...
