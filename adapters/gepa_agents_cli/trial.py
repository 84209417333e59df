"""The agent and the tasks of a `gepa.toml`, ready to evaluate one configuration or several."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gepa_agents.loop.evaluate import Evaluation, aevaluate
from gepa_agents.ports.agent import Agent
from gepa_agents.ports.language_model import Prices
from gepa_agents.ports.metric import Metric
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.settings import Budget
from gepa_agents.words.task import Split, Task
from gepa_agents_cli import project as files
from gepa_agents_cli.config import Project
from gepa_agents_cli.progress import watching
from gepa_agents_cli.screen import Output, say
from gepa_agents_cli.standing import counted

BASELINE = "baseline"
"""What stands for the agent's own texts where a saved candidate may be named."""


@dataclass(frozen=True)
class Side:
    """A configuration, and what people call it."""

    file: Path | None
    """A saved candidate; None for the agent as it stands."""
    config: GraphConfig

    @classmethod
    def of(cls, file: Path | None) -> Self:
        """Read a saved candidate; raises `GraphConfigError`."""
        return cls(file, GraphConfig() if file is None else GraphConfig.load(file))

    @property
    def name(self) -> str:
        """The file, or words for the agent's own texts."""
        return "the agent as it stands" if self.file is None else str(self.file)


@dataclass(frozen=True)
class Trial:
    """What is run, and how often."""

    project: Project
    agent: Agent
    metric: Metric
    prices: Prices | None
    split: Split
    tasks: tuple[Task, ...]
    repeats: int

    @classmethod
    def of(cls, project: Project, split: Split, repeats: int) -> Self:
        """Load what a `gepa.toml` names; raises `ConfigError` and `AgentError`."""
        suite = files.suite(project)
        return cls(
            project=project,
            agent=files.agent(project),
            metric=files.metric(project),
            prices=files.prices(project),
            split=split,
            tasks={"train": suite.train, "val": suite.val, "test": suite.test}[split],
            repeats=repeats,
        )

    async def evaluated(self, side: Side, out: Output) -> Evaluation:
        """Evaluate one configuration, and show how it goes; raises what `aevaluate` raises."""
        say(out.course, f"{side.name} on {counted(len(self.tasks), 'task')} of {self.split}")
        with watching(out, Budget(rollouts=len(self.tasks) * self.repeats)) as observer:
            return await aevaluate(
                self.agent,
                self.tasks,
                metric=self.metric,
                config=side.config,
                settings=self.project.tables.settings,
                repeats=self.repeats,
                observer=observer,
                prices=self.prices,
            )
