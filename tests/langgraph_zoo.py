"""Real graphs of every kind that people build, with a scripted chat model that notes what it was asked."""

import operator
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, TodoListMiddleware
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import Command, Send, interrupt
from pydantic import BaseModel, Field

Reply = Callable[[Sequence[BaseMessage], Sequence[Any]], str | AIMessage]
"""What the model answers to messages and offered tools."""


@dataclass(frozen=True)
class Asked:
    """One call of a model."""

    messages: tuple[BaseMessage, ...]
    tools: tuple[Any, ...]

    @property
    def system(self) -> str:
        """The system texts, joined."""
        return "\n".join(str(one.text) for one in self.messages if isinstance(one, SystemMessage))

    @property
    def everything(self) -> str:
        """All that was sent."""
        return "\n".join(str(one.text) for one in self.messages)


@dataclass
class Log:
    """What the models of a graph were asked, in order."""

    calls: list[Asked] = field(default_factory=list[Asked])

    def told(self, text: str) -> list[Asked]:
        """The calls in which `text` was sent."""
        return [call for call in self.calls if text in call.everything]


class Scripted(BaseChatModel):
    """A chat model that answers by a function and logs what it was asked."""

    log: Any
    reply: Any

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Offer tools in OpenAI's shape."""
        return self.bind(tools=[convert_to_openai_tool(one) for one in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        tools = tuple(kwargs.get("tools") or ())
        self.log.calls.append(Asked(tuple(messages), tools))
        answer = self.reply(messages, tools)
        message = AIMessage(answer) if isinstance(answer, str) else answer
        return ChatResult(generations=[ChatGeneration(message=message)])


def call(name: str, **arguments: Any) -> AIMessage:
    """A reply that calls a tool."""
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"call_{name}", "type": "tool_call"}])


def says(text: str) -> Reply:
    """Always the same words."""
    return lambda messages, tools: text


def uses(name: str, **arguments: Any) -> Reply:
    """A call of a tool first, words once it has answered."""

    def reply(messages: Sequence[BaseMessage], tools: Sequence[Any]) -> str | AIMessage:
        return "done" if isinstance(messages[-1], ToolMessage) else call(name, **arguments)

    return reply


@tool
def search(query: Annotated[str, "What to look for."]) -> str:
    """Search the catalogue."""
    return f"found {query}"


class Brief(AgentMiddleware):
    """A user's own middleware: it does something at each call and leaves the prompt as it is."""

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        """Pass the call on."""
        return handler(request)

    async def awrap_model_call(self, request: Any, handler: Any) -> Any:
        """Pass the call on."""
        return await handler(request)


def agent(log: Log) -> Any:
    """`create_agent` with middleware."""
    model = Scripted(log=log, reply=uses("search", query="lamp"))
    return create_agent(model, [search], system_prompt="You are a shop assistant.", middleware=[Brief()], name="shop")


def agent_todo(log: Log) -> Any:
    """`create_agent` with a middleware of LangChain's that appends a text of its own to the prompt."""
    model = Scripted(log=log, reply=uses("search", query="lamp"))
    return create_agent(model, [search], system_prompt="You plan the shopping.", middleware=[TodoListMiddleware()])


def react_agent(log: Log) -> Any:
    """`create_react_agent`, as older code has it."""
    from langgraph.prebuilt import create_react_agent

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Scripted(log=log, reply=uses("search", query="lamp"))
        return create_react_agent(model, [search], prompt="You are a reacting assistant.")


def closures(log: Log) -> Any:
    """A hand-written graph with prompts in closures, a tool loop, and a node that decides with `Command`."""
    planner_text, writer_text = "You are the planner of trips.", "You write the final answer."
    model = Scripted(log=log, reply=says("a plan"))
    worker = Scripted(log=log, reply=uses("search", query="hotel")).bind_tools([search])

    def plan(state: MessagesState) -> Command[Any]:
        model.invoke([SystemMessage(planner_text), *state["messages"]])
        return Command(goto="work")

    def work(state: MessagesState) -> dict[str, Any]:
        return {"messages": [worker.invoke([SystemMessage("You carry out plans."), *state["messages"]])]}

    def write(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke([("system", writer_text), *state["messages"]])]}

    graph = StateGraph(MessagesState)
    graph.add_node("plan", plan, destinations=("work",))
    graph.add_node("work", work)
    graph.add_node("tools", ToolNode([search]))
    graph.add_node("write", write)
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("work", tools_condition, {"tools": "tools", END: "write"})
    graph.add_edge("tools", "work")
    graph.add_edge("write", END)
    return graph.compile(name="closures")


def fstrings(log: Log) -> Any:
    """A prompt that an f-string fills with data of the run, much longer than itself."""
    model = Scripted(log=log, reply=says("advice"))

    def advise(state: MessagesState) -> dict[str, Any]:
        who = str(state["messages"][-1].text)
        document = f"{who} likes to travel. " * 200
        system = f"You advise {who} on holidays.\nWhat we know:\n{document}\nKeep it short, in {{plain}} words."
        return {"messages": [model.invoke([SystemMessage(system), *state["messages"]])]}

    graph = StateGraph(MessagesState)
    graph.add_node("advise", advise)
    graph.add_edge(START, "advise")
    graph.add_edge("advise", END)
    return graph.compile()


def templated(log: Log) -> Any:
    """`ChatPromptTemplate | llm` as a node, with a variable and escaped braces."""
    template = ChatPromptTemplate(
        [("system", "Answer in {language}, as {{json}} only please."), ("placeholder", "{messages}")]
    )
    chain = template | Scripted(log=log, reply=says("{}"))

    class State(MessagesState):
        language: str

    def answer(state: State) -> dict[str, Any]:
        return {"messages": [chain.invoke({"language": "French", "messages": state["messages"]})]}

    graph = StateGraph(State)
    graph.add_node("answer", answer)
    graph.add_edge(START, "answer")
    graph.add_edge("answer", END)
    return graph.compile()


def two_prompts(log: Log) -> Any:
    """One node that calls its model twice, with different prompts."""
    model = Scripted(log=log, reply=says("text"))

    def write(state: MessagesState) -> dict[str, Any]:
        draft = model.invoke([SystemMessage("You draft a letter to the customer."), *state["messages"]])
        final = model.invoke([SystemMessage("You correct the spelling of letters."), HumanMessage(str(draft.text))])
        return {"messages": [final]}

    graph = StateGraph(MessagesState)
    graph.add_node("write", write)
    graph.add_edge(START, "write")
    graph.add_edge("write", END)
    return graph.compile()


def lone_user(log: Log) -> Any:
    """A node that gives its model one user message, made of fixed words and data."""
    model = Scripted(log=log, reply=says("summary"))

    def summarise(state: MessagesState) -> dict[str, Any]:
        text = state["messages"][-1].text
        return {"messages": [model.invoke(f"Summarise the following message in one sentence:\n\n{text}")]}

    graph = StateGraph(MessagesState)
    graph.add_node("summarise", summarise)
    graph.add_edge(START, "summarise")
    graph.add_edge("summarise", END)
    return graph.compile()


def fan_out(log: Log) -> Any:
    """`Send`: one node many times at once."""
    model = Scripted(log=log, reply=says("part"))

    class State(MessagesState):
        parts: Annotated[list[str], operator.add]

    def spread(state: State) -> list[Send]:
        return [Send("part", {"topic": topic, "messages": state["messages"]}) for topic in ("sun", "moon", "stars")]

    async def part(state: dict[str, Any]) -> dict[str, Any]:
        said = await model.ainvoke([SystemMessage("You write one part of an essay."), HumanMessage(state["topic"])])
        return {"parts": [said.text]}

    graph = StateGraph(State)
    graph.add_node("part", part)
    graph.add_conditional_edges(START, spread, ["part"])
    graph.add_edge("part", END)
    return graph.compile()


def subgraphs(log: Log) -> Any:
    """A team: an agent and a graph of two nodes, mounted as nodes."""
    model = Scripted(log=log, reply=says("text"))

    def node(text: str) -> Callable[[MessagesState], dict[str, Any]]:
        return lambda state: {"messages": [model.invoke([SystemMessage(text), *state["messages"]])]}

    inner = StateGraph(MessagesState)
    inner.add_node("drafter", node("You are the drafter."))
    inner.add_node("critic", node("You are the critic of drafts."))
    inner.add_edge(START, "drafter")
    inner.add_edge("drafter", "critic")
    searcher = Scripted(log=log, reply=uses("search", query="facts"))
    outer = StateGraph(MessagesState)
    outer.add_node("researcher", create_agent(searcher, [search], system_prompt="You are the researcher."))
    outer.add_node("writer", inner.compile())
    outer.add_edge(START, "researcher")
    outer.add_edge("researcher", "writer")
    return outer.compile(name="team")


def supervisor(log: Log) -> Any:
    """A supervisor that hands over to an agent."""
    from langgraph_supervisor import create_supervisor

    maths = create_agent(
        Scripted(log=log, reply=says("42")), [search], system_prompt="You are good at maths.", name="maths"
    )

    def lead(messages: Sequence[BaseMessage], tools: Sequence[Any]) -> str | AIMessage:
        done = any(isinstance(message, ToolMessage) for message in messages)
        return "all done" if done else call("transfer_to_maths")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Scripted(log=log, reply=lead)
        return create_supervisor([maths], model=model, prompt="You lead a team.").compile(name="lead")


def agents_as_tools(log: Log) -> Any:
    """An agent whose tools are agents, both called in one turn: their nodes share one path."""
    painter = create_agent(Scripted(log=log, reply=says("blue")), [], system_prompt="You know all about colours.")
    cook = create_agent(Scripted(log=log, reply=says("soup")), [], system_prompt="You are an excellent cook.")

    @tool
    def ask_painter(question: str) -> str:
        """Ask the painter."""
        return str(painter.invoke({"messages": [("user", question)]})["messages"][-1].text)

    @tool
    def ask_cook(question: str) -> str:
        """Ask the cook."""
        return str(cook.invoke({"messages": [("user", question)]})["messages"][-1].text)

    def lead(messages: Sequence[BaseMessage], tools: Sequence[Any]) -> str | AIMessage:
        if isinstance(messages[-1], ToolMessage):
            return "blue soup"
        calls = [{**call(name, question="well?").tool_calls[0]} for name in ("ask_painter", "ask_cook")]
        return AIMessage("", tool_calls=calls)

    return create_agent(Scripted(log=log, reply=lead), [ask_painter, ask_cook], system_prompt="You ask those who know.")


def functional(log: Log) -> Any:
    """The functional API: an entrypoint with a task."""
    model = Scripted(log=log, reply=says("text"))

    @task
    def draft(topic: str) -> str:
        return str(model.invoke([SystemMessage("You draft essays on a topic."), HumanMessage(topic)]).text)

    @entrypoint()
    def workflow(topic: str) -> str:
        text = draft(topic).result()
        return str(model.invoke([SystemMessage("You polish essays."), HumanMessage(text)]).text)

    return workflow


def async_only(log: Log) -> Any:
    """Nodes that are coroutines."""
    model = Scripted(log=log, reply=says("text"))

    async def think(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke([SystemMessage("You think first."), *state["messages"]])]}

    async def speak(state: MessagesState) -> dict[str, Any]:
        chunks = [chunk async for chunk in model.astream([SystemMessage("You speak then."), *state["messages"]])]
        return {"messages": [AIMessage("".join(str(chunk.text) for chunk in chunks))]}

    graph = StateGraph(MessagesState)
    graph.add_node("think", think)
    graph.add_node("speak", speak)
    graph.add_edge(START, "think")
    graph.add_edge("think", "speak")
    return graph.compile()


class Grade(BaseModel):
    """The grade of an answer."""

    points: int = Field(description="Points from 0 to 10.")


def structured(log: Log) -> Any:
    """Structured output with a retry and a fallback."""

    def flaky(messages: Sequence[BaseMessage], tools: Sequence[Any]) -> str | AIMessage:
        raise ConnectionError("try again")

    good = Scripted(log=log, reply=lambda messages, tools: call("Grade", points=7))
    bad = Scripted(log=log, reply=flaky)
    retried = bad.with_structured_output(Grade).with_retry(
        stop_after_attempt=2, wait_exponential_jitter=False, retry_if_exception_type=(ConnectionError,)
    )
    grader = retried.with_fallbacks([good.with_structured_output(Grade)])

    def grade(state: MessagesState) -> dict[str, Any]:
        found = grader.invoke([SystemMessage("You grade answers."), *state["messages"]])
        assert isinstance(found, Grade)
        return {"messages": [AIMessage(str(found.points))]}

    graph = StateGraph(MessagesState)
    graph.add_node("grade", grade)
    graph.add_edge(START, "grade")
    return graph.compile()


def remembering(log: Log) -> Any:
    """A graph with a checkpointer: its threads remember."""
    model = Scripted(log=log, reply=lambda messages, tools: str(len(messages)))

    def chat(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke([SystemMessage("You chat with people."), *state["messages"]])]}

    graph = StateGraph(MessagesState)
    graph.add_node("chat", chat)
    graph.add_edge(START, "chat")
    return graph.compile(checkpointer=InMemorySaver())


class Approval(TypedDict):
    """The state of `asking`."""

    request: str
    approved: list[str]
    answer: str


def asking(log: Log) -> Any:
    """A graph that interrupts twice to ask a person. It has no checkpointer: its host brings one."""
    model = Scripted(log=log, reply=says("sent"))

    def ask(state: Approval) -> dict[str, Any]:
        return {"approved": [str(interrupt({"may I": state["request"]})), str(interrupt("really?"))]}

    def send(state: Approval) -> dict[str, Any]:
        asked = HumanMessage(f"{state['request']}: {state['approved']}")
        return {"answer": model.invoke([SystemMessage("You send mails."), asked]).text}

    graph = StateGraph(Approval)
    graph.add_node("ask", ask)
    graph.add_node("send", send)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", "send")
    return graph.compile()


def blocks(log: Log) -> Any:
    """A prompt in content blocks, one of which a provider caches."""
    model = Scripted(log=log, reply=says("text"))
    cached = {"type": "text", "text": "You know the handbook.", "cache_control": {"type": "ephemeral"}}

    def look_up(state: MessagesState) -> dict[str, Any]:
        system = SystemMessage([cached, {"type": "text", "text": "Quote the page."}])
        return {"messages": [model.invoke([system, *state["messages"]])]}

    graph = StateGraph(MessagesState)
    graph.add_node("look_up", look_up)
    graph.add_edge(START, "look_up")
    return graph.compile()


@dataclass(frozen=True)
class Specimen:
    """A graph, and what is to be found in it."""

    build: Callable[[Log], Any]
    prompts: tuple[str, ...]
    """Names of its prompt components."""
    inputs: tuple[Any, ...] = ("Ann", "Benedikt von Stein", "Carla")
    answers: tuple[str, ...] | None = None


ZOO = (
    Specimen(agent, ("model.system",)),
    Specimen(agent_todo, ("model.system",)),
    Specimen(react_agent, ("agent.system",)),
    Specimen(closures, ("plan.system", "work.system", "write.system")),
    Specimen(fstrings, ("advise.system",)),
    Specimen(templated, ("answer.system",)),
    Specimen(two_prompts, ("write.system", "write.system#2")),
    Specimen(lone_user, ("summarise.user",)),
    Specimen(fan_out, ("part.system",)),
    Specimen(subgraphs, ("researcher/model.system", "writer/drafter.system", "writer/critic.system")),
    Specimen(supervisor, ("supervisor/agent.system", "maths/model.system")),
    Specimen(agents_as_tools, ("model.system", "tools/model.system", "tools/model.system#2")),
    Specimen(functional, ("workflow.system", "workflow/draft.system")),
    Specimen(async_only, ("think.system", "speak.system")),
    Specimen(structured, ("grade.system",)),
    Specimen(remembering, ("chat.system",)),
    Specimen(
        asking, ("send.system",), tuple({"request": who} for who in ("Ann", "Ben", "Cy")), answers=("yes", "sure")
    ),
    Specimen(blocks, ("look_up.system", "look_up.system#2")),
)
"""Every kind of graph that we promise to tune."""
