"""Scripted graphs of several nodes with one node at fault, told as trajectories: whose fault it is, is known.

Each scene asks a shop for the price of an article and the day of its delivery. Every node passes on what it read, in
words of its own; the node at fault does one of the things that models do wrong.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from gepa_agents import Case, Component, Rollout, Score, Task
from gepa_agents.words.trajectory import Message, ModelStep, Step, ToolCall, ToolDefinition, ToolStep, Trajectory

ARTICLES = ("lamp", "chair", "table", "carpet", "mirror", "kettle", "blanket", "bookshelf")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
WORDS = ("Sure.", "Here it is.", "Of course.", "Done.", "Noted.", "All right.", "As asked.", "Let me help.")
LOOKUP = ToolDefinition(name="look_up", description="Price and day of an article.", parameters={"type": "object"})


@dataclass
class Facts:
    """What is handed on from node to node."""

    article: str
    price: str = ""
    day: str = ""

    def said(self) -> str:
        """As a sentence."""
        return f"article {self.article}, price {self.price}, delivery {self.day}".replace(", price ,", ",")


@dataclass
class Run:
    """One run that is being told."""

    random: Random
    stock: dict[str, tuple[str, str]]
    culprit: str
    """The node at fault in this run; empty when the run goes well."""
    fault: str
    steps: list[Step] = field(default_factory=list[Step])

    def bad(self, node: str, fault: str) -> bool:
        """Whether this node commits this fault now."""
        return node == self.culprit and fault == self.fault

    def says(self, node: str, read: str, text: str, *calls: ToolCall) -> str:
        """A model call of a node; returns what it said."""
        spoken = f"{self.random.choice(WORDS)} {text}" if text else ""
        self.steps.append(
            ModelStep(
                node=node,
                started=float(len(self.steps)),
                seconds=0.1,
                model="scripted",
                messages=(Message(role="system", text=f"You are the {node}."), Message(role="user", text=read)),
                tools=(LOOKUP,) if calls else (),
                reply=Message(role="assistant", text=spoken, tool_calls=calls),
            )
        )
        return spoken

    def looks_up(self, node: str, read: str, facts: Facts) -> Facts:
        """A node asks the tool, and reports what it read there."""
        asked = self._other(facts.article, self.stock) if self.bad(node, "wrong call") else facts.article
        call = ToolCall(id=f"c{len(self.steps)}", name="look_up", arguments={"article": asked})
        self.says(node, read, "", call)
        price, day = self.stock[asked]
        result = f"{asked}: {price} EUR, delivery {day}"
        self.steps.append(
            ToolStep(
                node=f"{node}_tools",
                started=float(len(self.steps)),
                seconds=0.1,
                tool="look_up",
                call_id=call.id,
                arguments=call.arguments,
                result=result,
            )
        )
        found = self.passes_on(node, Facts(facts.article, price, day))
        self.says(node, f"{read} {result}", found.said())
        return found

    def passes_on(self, node: str, facts: Facts) -> Facts:
        """What a node makes of what it read."""
        price, day = facts.price, facts.day
        if self.bad(node, "misreads") and price:
            price = str(int(price) + self.random.randint(3, 40))
        if self.bad(node, "leaves out"):
            day = ""
        if self.bad(node, "mixes up"):
            return Facts(self._other(facts.article, self.stock), price, day)
        return Facts(facts.article, price, day)

    def answers(self, node: str, read: str, facts: Facts) -> str:
        """The last node's answer to the customer."""
        told = self.passes_on(node, facts)
        return self.says(node, read, f"The {told.article} costs {told.price} EUR and arrives on {told.day or 'time'}.")

    def _other(self, article: str, among: Sequence[str] | dict[str, tuple[str, str]]) -> str:
        return self.random.choice([one for one in among if one != article])


Shape = Callable[[Run, str, Facts], str]


def pipeline(run: Run, task: str, facts: Facts) -> str:
    """Reader, researcher, drafter, editor."""
    wanted = run.passes_on("reader", facts)
    read = run.says("reader", task, f"The customer asks about the article {wanted.article}.")
    found = run.looks_up("researcher", read, wanted)
    draft = run.passes_on("drafter", found)
    written = run.says("drafter", found.said(), draft.said())
    return run.answers("editor", written, draft)


def routing(run: Run, task: str, facts: Facts) -> str:
    """A router, two specialists of whom one is asked, a writer."""
    wanted = run.passes_on("router", facts)
    specialist = run.random.choice(("seller", "porter"))
    read = run.says("router", task, f"To the {specialist}: article {wanted.article}.")
    found = run.looks_up(specialist, read, wanted)
    return run.answers("writer", found.said(), found)


def supervision(run: Run, task: str, facts: Facts) -> str:
    """A supervisor that hands out work, reads the report and answers itself."""
    wanted = facts if run.fault != "mixes up" else run.passes_on("supervisor", facts)
    read = run.says("supervisor", task, f"Clerk, look the article {wanted.article} up.")
    found = run.looks_up("clerk", read, wanted)
    checked = run.passes_on("checker", found)
    report = run.says("checker", found.said(), checked.said())
    return run.answers("supervisor", report, checked)


def planning(run: Run, task: str, facts: Facts) -> str:
    """A planner, an executor with tools, a solver."""
    wanted = run.passes_on("planner", facts)
    plan = run.says("planner", task, f"1. Look up the article {wanted.article}. 2. Answer with price and day.")
    found = run.looks_up("executor", plan, wanted)
    return run.answers("solver", found.said(), found)


def retrieval(run: Run, task: str, facts: Facts) -> str:
    """A retriever and a writer."""
    found = run.looks_up("retriever", task, facts)
    return run.answers("writer", found.said(), found)


def criticism(run: Run, task: str, facts: Facts) -> str:
    """A researcher, a writer, a critic whose word the reviser follows."""
    found = run.looks_up("researcher", task, facts)
    draft = run.passes_on("writer", found)
    first = run.says("writer", found.said(), draft.said())
    wished = run.passes_on("critic", draft)
    comment = run.says("critic", first, f"It should say: {wished.said()}")
    return run.answers("reviser", comment, wished)


SHAPES: dict[str, tuple[Shape, tuple[str, ...]]] = {
    "pipeline of four": (pipeline, ("reader", "researcher", "drafter", "editor")),
    "router and specialists": (routing, ("router", "seller", "porter", "writer")),
    "supervisor": (supervision, ("supervisor", "clerk", "checker")),
    "planner and executor": (planning, ("planner", "executor", "solver")),
    "retriever and writer": (retrieval, ("retriever", "writer")),
    "critic loop": (criticism, ("researcher", "writer", "critic", "reviser")),
}
LOOKING = {"researcher", "seller", "porter", "clerk", "executor", "retriever"}
"""Nodes that call the tool."""


@dataclass(frozen=True)
class World:
    """A graph, who is at fault in it, and some runs of it."""

    shape: str
    components: tuple[Component, ...]
    culprit: str
    fault: str
    cases: tuple[Case, ...]
    solved: tuple[Case, ...]
    """The same tasks, run when nobody was at fault."""


def world(seed: int, size: int = 6) -> World:
    """One world: shape, culprit and fault drawn by the seed; the fault shows in about 70 % of the runs."""
    random = Random(f"blame {seed}")
    shape = sorted(SHAPES)[seed % len(SHAPES)]
    tell, nodes = SHAPES[shape]
    culprit = random.choice(nodes)
    faults = ["misreads", "leaves out"] if culprit in LOOKING else ["misreads", "leaves out", "mixes up"]
    if culprit in ("reader", "router", "planner"):
        faults = ["mixes up"]
    fault = random.choice([*faults, "wrong call"] if culprit in LOOKING else faults)
    stock = {one: (str(random.randint(11, 99)), random.choice(DAYS)) for one in ARTICLES}
    bad, good = [], []
    for number in range(size):
        article = random.choice(ARTICLES)
        guilty = culprit if random.random() < 0.7 else ""
        bad.append(_case(random, stock, number, article, tell, guilty, fault))
        good.append(_case(random, stock, number, article, tell, "", fault))
    components = tuple(
        Component(name=f"{node}.system", kind="prompt", text=f"You are the {node}.", node=node) for node in nodes
    )
    return World(shape, components, f"{culprit}.system", fault, tuple(bad), tuple(good))


def _case(
    random: Random, stock: dict[str, tuple[str, str]], number: int, article: str, tell: Shape, guilty: str, fault: str
) -> Case:
    task = f"What does the {article} cost, and when does it arrive?"
    run = Run(random, stock, guilty, fault)
    answer = tell(run, task, Facts(article))
    price, day = stock[article]
    right = f"{price} EUR" in answer and day in answer and article in answer
    rollout = Rollout(
        candidate=("b" if guilty else "a") * 12,
        task=f"t{number}",
        output=answer,
        trajectory=Trajectory(steps=tuple(run.steps)),
        score=Score(value=float(right), feedback="" if right else "The answer must name price and day of the article."),
    )
    return Case(task=Task(id=f"t{number}", input=task, expected=f"{article}: {price} EUR, {day}"), rollout=rollout)
