"""The OpenTelemetry GenAI conventions, as OpenTelemetry's own instrumentations and many frameworks write them.

They name no graph node but in a proposal (`invoke_node`); where there is none, the nearest agent stands in.
"""

from collections.abc import Iterator

from gepa_agents.words import semconv
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import Message, ModelStep, NodeStep, Step, ToolStep
from gepa_agents_traces.conventions.building import Call, model_step, tool_step
from gepa_agents_traces.failure import failure, interrupted
from gepa_agents_traces.messages import definitions, messages
from gepa_agents_traces.plain import objects, opened, said
from gepa_agents_traces.span import Span
from gepa_agents_traces.trace import Trace, seconds

MODEL = (semconv.CHAT, "generate_content", "text_completion")
RUN = ("invoke_agent", "invoke_workflow", semconv.INVOKE_NODE)


class GenAI:
    """Spans with a `gen_ai.operation.name`."""

    name = "GenAI"

    def claims(self, span: Span) -> bool:
        """By the operations that are about models, tools, agents, workflows and nodes."""
        return span.text(semconv.OPERATION) in (*MODEL, semconv.EXECUTE_TOOL, *RUN)

    def path(self, span: Span) -> str:
        """The node's path, as our tracer and processors like it write it, or its name."""
        return span.text(semconv.NODE_PATH) or span.text(semconv.NODE_NAME)

    def agent(self, span: Span) -> str:
        """The name of an agent, or of a workflow."""
        return span.text(semconv.AGENT_NAME) or span.text("gen_ai.workflow.name")

    def step(self, span: Span, trace: Trace) -> Step | None:
        """Model calls, tool runs and nodes."""
        operation = span.text(semconv.OPERATION)
        if operation in MODEL:
            return self.model(span, trace)
        if operation == semconv.EXECUTE_TOOL:
            return self.tool(span, trace)
        return self.visit(span, trace) if operation == semconv.INVOKE_NODE else None

    def given(self, span: Span) -> JsonValue:
        """The messages that a workflow or an agent was given."""
        return _conversation(span, semconv.INPUT_MESSAGES)

    def gave(self, span: Span) -> JsonValue:
        """The messages that it returned."""
        return _conversation(span, semconv.OUTPUT_MESSAGES)

    def model(self, span: Span, trace: Trace) -> ModelStep:
        """A model call; system instructions first, a message for each of their parts."""
        replies = list(messages(opened(span.attributes.get(semconv.OUTPUT_MESSAGES))))
        reasons = span.attributes.get(semconv.FINISH_REASONS)
        return model_step(
            span,
            trace,
            Call(
                messages=[*instructions(span), *messages(opened(span.attributes.get(semconv.INPUT_MESSAGES)))],
                reply=replies[0] if replies else None,
                tools=definitions(opened(span.attributes.get(semconv.TOOL_DEFINITIONS))),
                model=span.text(semconv.RESPONSE_MODEL) or span.text(semconv.REQUEST_MODEL),
                reason=said(reasons[0]) if isinstance(reasons, list) and reasons else "",
                tokens=(span.whole(semconv.INPUT_TOKENS), span.whole(semconv.OUTPUT_TOKENS)),
            ),
        )

    def tool(self, span: Span, trace: Trace) -> ToolStep:
        """A tool's run."""
        return tool_step(
            span,
            trace,
            tool=span.text(semconv.TOOL_NAME),
            arguments=span.attributes.get(semconv.TOOL_ARGUMENTS),
            result=span.attributes.get(semconv.TOOL_RESULT),
            call_id=span.text(semconv.TOOL_CALL_ID),
        )

    def visit(self, span: Span, trace: Trace) -> NodeStep:
        """A node's visit."""
        return NodeStep(
            node=trace.node(span),
            started=trace.started(span),
            seconds=seconds(span),
            error=failure(span),
            interrupted=bool(span.attributes.get(semconv.INTERRUPTED)) or interrupted(span),
        )


def instructions(span: Span) -> Iterator[Message]:
    """System instructions, each part a message of its own: what a framework appends is told from the author's."""
    found = opened(span.attributes.get(semconv.SYSTEM_INSTRUCTIONS))
    if isinstance(found, str) and found:
        yield Message(role="system", text=found)
    for part in objects(found):
        yield Message(role="system", text=said(part.get("content")))


def _conversation(span: Span, name: str) -> JsonValue:
    found = opened(span.attributes.get(name))
    return {"messages": found} if isinstance(found, list) and found else None
