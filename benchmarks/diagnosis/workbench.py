"""Reads the recorded runs of WorkBench (Styles et al. 2024, MIT): GPT-4 and GPT-3.5, with the golds of their tasks.

A row's `full_response` is the printed form of what LangChain's AgentExecutor returned; it is parsed, never evaluated.
"""

import ast
import csv
import gzip
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.diagnosis import rules
from benchmarks.diagnosis.conversation import Conversation, declared
from benchmarks.diagnosis.trace import Trace, case
from gepa_agents import Task
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import ToolDefinition

SYSTEM = "Today is Thursday, 2023-11-30, 00:00:00. Meetings must not start before 9am or end after 6pm."
PLOT: dict[str, JsonValue] = {
    "value_to_plot": {
        "enum": [
            *("total_visits", "session_duration_seconds", "user_engaged"),
            *("visits_direct", "visits_referral", "visits_search_engine", "visits_social_media"),
        ]
    },
    "plot_type": {"enum": ["bar", "line", "scatter", "histogram"]},
}
CUSTOMER = "customer_name customer_email product_interest status assigned_to_email"
TASK = "task_name assigned_to_email list_name due_date board"
TOOLS = (
    declared("calendar.get_event_information_by_id", "event_id field"),
    declared("calendar.search_events", "", "query time_min time_max"),
    declared("calendar.create_event", "event_name participant_email event_start duration"),
    declared("calendar.delete_event", "event_id"),
    declared("calendar.update_event", "event_id field new_value"),
    declared("email.get_email_information_by_id", "email_id field"),
    declared("email.search_emails", "", "query date_min date_max"),
    declared("email.send_email", "recipient subject body"),
    declared("email.delete_email", "email_id"),
    declared("email.forward_email", "email_id recipient"),
    declared("email.reply_email", "email_id body"),
    declared("analytics.get_visitor_information_by_id", "visitor_id"),
    declared("analytics.create_plot", "time_min time_max value_to_plot plot_type", **PLOT),
    declared("analytics.total_visits_count", "", "time_min time_max"),
    declared("analytics.engaged_users_count", "", "time_min time_max"),
    declared("analytics.traffic_source_count", "", "time_min time_max traffic_source"),
    declared("analytics.get_average_session_duration", "", "time_min time_max"),
    declared("customer_relationship_manager.search_customers", "", CUSTOMER),
    declared("customer_relationship_manager.update_customer", "customer_id field new_value"),
    declared("customer_relationship_manager.add_customer", "customer_name assigned_to_email status"),
    declared("customer_relationship_manager.delete_customer", "customer_id"),
    declared("project_management.get_task_information_by_id", "task_id field"),
    declared("project_management.search_tasks", "", TASK),
    declared("project_management.create_task", TASK),
    declared("project_management.delete_task", "task_id"),
    declared("project_management.update_task", "task_id field new_value"),
    declared("company_directory.find_email_address", "", "name"),
)
"""The tools of the sandbox; required is what a tool refuses to do without."""
CHANGING = re.compile(r"\.(create|delete|update|send|forward|reply)_")
"""Tools that change something: the golds are made of these alone."""
IDENTIFIERS = ("event_id", "email_id", "customer_id", "task_id", "visitor_id", "recipient", "participant_email")
"""Arguments that take what only a tool can tell."""
SHORT = {"crm": "customer_relationship_manager"}
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
LIMIT = "Agent stopped due to iteration limit or time limit."
REFUSED = re.compile(
    r"\w+( \w+)* not (found|provided|valid)\..*|.* not provided\.|.* must be one of .*|.* not valid\. Please choose .*|"
    r"Invalid recipient email address\.|Missing task details\.|No search parameters provided\..*|"
    r"Please provide all required fields: .*|.* is not a valid tool, try one of .*"
)
"""All that the sandbox's tools, and the executor, answer when they refuse; read from their source (@42f1b6d)."""
UNFIT = re.compile(
    r".* not provided\.|.* must be one of .*|Missing task details\.|Please provide all required fields: .*"
)
"""Refusals that blame the arguments' form."""

Action = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Gold:
    """What was due for a task."""

    actions: list[Action]
    template: str
    """What the task was made from: tasks of one template are much alike."""
    domains: list[str]
    """Of the tools that it takes."""


@dataclass(frozen=True)
class Step:
    """One entry of `intermediate_steps`."""

    tool: str
    arguments: JsonValue
    log: str
    answer: str

    @property
    def action(self) -> Action:
        """The call as golds are compared with it: as text, without regard to case."""
        arguments = self.arguments if isinstance(self.arguments, dict) else {"": self.arguments}
        return self.tool, tuple(sorted((key, str(value).casefold()) for key, value in arguments.items()))


def read(folder: Path) -> Iterator[Trace]:
    """All runs with a record of their steps, in the order of the files."""
    for path in sorted((folder / "results").glob("*.csv.gz")):
        domain, _, rest = path.name.partition("__")
        model, tools, *_ = rest.split("_")
        golds = _golds(folder / "queries_and_answers" / f"{domain}_queries_and_answers.csv")
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines)):
                if row["full_response"]:
                    name = f"workbench/{domain}/{model}/{tools}"
                    gold = golds[row["query"]]
                    yield _trace(f"{name}/{number}", name, row, gold, _offered(tools, gold))


def _offered(tools: str, gold: Gold) -> list[ToolDefinition]:
    """All tools, or those of the domains that the task is of."""
    near = {*gold.domains, "company_directory"}
    return [tool for tool in TOOLS if tools == "all" or tool.name.split(".")[0] in near]


def _trace(name: str, cohort: str, row: dict[str, str], gold: Gold, offered: list[ToolDefinition]) -> Trace:
    final, steps = parsed(row["full_response"])
    run = Conversation(SYSTEM, offered)
    run.user(row["query"])
    for step in steps:
        thought = step.log.split("Action:")[0].split("```")[0].strip()
        run.calls(step.tool, step.arguments, step.answer, reasoning=thought)
    if final != LIMIT:
        run.replies(final)
    done = Counter(step.action for step in steps if CHANGING.search(step.tool) and not REFUSED.fullmatch(step.answer))
    score = float(done == Counter(gold.actions))
    task = Task(id=f"{cohort.split('/')[1]}/{row['query']}", input=row["query"], metadata={"template": gold.template})
    made = [(step.tool, step.arguments, step.answer) for step in steps]
    labels = rules.labels(made, [] if final == LIMIT else [final])
    labels |= {
        **_labels(row, gold, steps, score == 1, final == LIMIT),
        "invented_argument": _invents(row["query"], steps),
    }
    return Trace(name, "recorded", cohort, case(task, run.trajectory(), final, score), labels)


def _labels(row: dict[str, str], gold: Gold, steps: list[Step], solved: bool, limited: bool) -> dict[str, bool]:
    """What golds, tools' own answers and the recorder's `error` column decide."""
    made = {step.tool for step in steps}
    return {
        "tool_error": any(REFUSED.fullmatch(step.answer) for step in steps),
        "invalid_arguments": any(UNFIT.fullmatch(step.answer) for step in steps),
        "unknown_tool": any("is not a valid tool" in step.answer for step in steps),
        "missing_tool": not solved
        and (any(tool not in made for tool, _ in gold.actions) or _unseen(row["query"], gold, steps)),
        "step_limit": limited,
    }


def _unseen(query: str, gold: Gold, steps: list[Step]) -> bool:
    """Whether an id or an address that was due stood in no answer: the look-up that would have told it is missing."""
    known = "".join([query, *(step.answer for step in steps)]).casefold()
    return any(value not in known for _, pairs in gold.actions for name, value in pairs if name in IDENTIFIERS)


def _invents(query: str, steps: list[Step]) -> bool:
    """Whether an id of an event or e-mail, or an address, was used that no answer before had shown."""
    known = query
    for step in steps:
        arguments = step.arguments if isinstance(step.arguments, dict) else {}
        used = [str(value) for name, value in arguments.items() if value and _identifies(name, str(value))]
        if any(part.casefold() not in known.casefold() for value in used for part in value.split(", ")):
            return True
        known += step.answer
    return False


def _identifies(name: str, value: str) -> bool:
    return name in IDENTIFIERS or all(map(ADDRESS.fullmatch, value.split(", ")))


def _golds(path: Path) -> dict[str, Gold]:
    with path.open(encoding="utf-8", newline="") as lines:
        return {
            row["query"]: Gold(
                [_gold(text) for text in ast.literal_eval(row["answer"])],
                row["base_template"],
                [SHORT.get(str(name), str(name)) for name in ast.literal_eval(row["domains"])],
            )
            for row in csv.DictReader(lines)
        }


def _gold(text: str) -> Action:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    tool = ast.unparse(call.func).removesuffix(".func")
    return tool, tuple(sorted((key.arg or "", str(_value(key.value)).casefold()) for key in call.keywords))


def parsed(response: str) -> tuple[str, list[Step]]:
    """The final answer and the steps of one `full_response`."""
    tree = ast.parse(response, mode="eval").body
    assert isinstance(tree, ast.Dict)
    fields = {ast.literal_eval(key): value for key, value in zip(tree.keys, tree.values, strict=True) if key}
    steps = []
    assert isinstance(fields["intermediate_steps"], ast.List)
    for pair in fields["intermediate_steps"].elts:
        assert isinstance(pair, ast.Tuple)
        action, answer = pair.elts
        assert isinstance(action, ast.Call)
        given = {keyword.arg: _value(keyword.value) for keyword in action.keywords}
        tool = str(given["tool"])
        steps.append(Step(tool, _named(tool, given["tool_input"]), str(given["log"]), str(_value(answer))))
    return str(_value(fields["output"])), steps


def _named(tool: str, given: JsonValue) -> JsonValue:
    """Arguments by name: the executor takes a lone text for the tool's first argument."""
    offered = next((one.parameters["properties"] for one in TOOLS if one.name == tool), None)
    if isinstance(given, str) and isinstance(offered, dict):
        return {next(iter(offered)): given}
    return given


def _value(node: ast.expr) -> JsonValue:
    """A printed value; what is no literal (a date of pandas, `nan`) stays the text it is."""
    try:
        value: JsonValue = ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)
    return value
