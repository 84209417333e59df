"""Watches one run of a graph: LangChain callbacks become OpenTelemetry spans by the GenAI conventions.

One span a node, a model call, a tool run; parents are told by run ids, never by the ambient context, so concurrent
runs do not mix. It knows spans and callbacks, nothing of what reads them.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall
from langchain_core.outputs import ChatGeneration, LLMResult
from langgraph.errors import GraphBubbleUp, GraphInterrupt
from opentelemetry import context as otel
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from gepa_agents.words import semconv
from gepa_agents_langgraph import messages
from gepa_agents_langgraph.paths import node_path
from gepa_agents_langgraph.templates_seen import templates

Metadata = Mapping[str, Any] | None


class GraphTracer(BaseCallbackHandler):
    """A callback handler for one run. The span that is current when it is made becomes the parent of all.

    `prompts` names the components of a node by its path, and `version` the candidate; both go onto model spans, so that
    a user's backend can tell prompts and candidates apart.
    """

    run_inline = True

    def __init__(self, tracer: Tracer, prompts: Mapping[str, str] | None = None, version: str = "") -> None:
        self._tracer = tracer
        self._prompts = prompts or {}
        self._version = version
        self._root = otel.get_current()
        self._lock = threading.Lock()
        self._spans: dict[UUID, Span] = {}
        self._contexts: dict[UUID, otel.Context] = {}
        self._namespaces: dict[UUID, str] = {}
        self._asked: dict[str, ToolCall] = {}

    # Nodes. A node is the first chain within a checkpoint namespace; the chains inside it get no span of their own.

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        namespace = str((metadata or {}).get("langgraph_checkpoint_ns") or "")
        with self._lock:
            enclosing = self._namespaces.get(parent_run_id, "") if parent_run_id else ""
            self._namespaces[run_id] = namespace
        if namespace and namespace != enclosing:
            name = str((metadata or {}).get("langgraph_node") or "")
            attributes = {semconv.OPERATION: semconv.INVOKE_NODE, semconv.NODE_NAME: name}
            self._start(run_id, parent_run_id, f"{semconv.INVOKE_NODE} {name}", attributes, metadata)
        else:
            with self._lock:
                self._contexts[run_id] = self._parent(parent_run_id)
        if kwargs.get("run_type") == "prompt":
            self._rendered(parent_run_id, serialized, metadata)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id, error)

    def _rendered(self, parent: UUID | None, serialized: Any, metadata: Metadata) -> None:
        for template in templates(serialized):
            attributes = {
                semconv.OPERATION: semconv.RENDER_PROMPT,
                semconv.PROMPT_TEMPLATE: template.text,
                semconv.PROMPT_VARIABLES: template.variables,
                semconv.PROMPT_ROLE: template.role,
                semconv.NODE_PATH: node_path(metadata),
            }
            self._tracer.start_span(semconv.RENDER_PROMPT, context=self._parent(parent), attributes=attributes).end()

    # Model calls.

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self._model_start(messages[0], run_id, parent_run_id, metadata, kwargs.get("invocation_params") or {})

    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        sent = [HumanMessage(prompts[0])]
        self._model_start(sent, run_id, parent_run_id, metadata, kwargs.get("invocation_params") or {})

    def _model_start(
        self, sent: Sequence[BaseMessage], run: UUID, parent: UUID | None, metadata: Metadata, params: Mapping[str, Any]
    ) -> None:
        known = metadata or {}
        instructions, conversation = messages.split(sent)
        names = (known.get("ls_model_name"), params.get("model"), params.get("model_name"), params.get("_type"))
        model = next((str(name) for name in names if name), "")
        attributes = {
            semconv.OPERATION: semconv.CHAT,
            semconv.PROVIDER: str(known.get("ls_provider") or ""),
            semconv.REQUEST_MODEL: model,
            semconv.SYSTEM_INSTRUCTIONS: _json(instructions),
            semconv.INPUT_MESSAGES: _json(conversation),
            semconv.TOOL_DEFINITIONS: _json(messages.definitions(params.get("tools") or [])),
        }
        if name := self._prompts.get(node_path(metadata)):
            attributes |= {semconv.PROMPT_NAME: name, semconv.PROMPT_VERSION: self._version}
        self._start(run, parent, f"{semconv.CHAT} {model}".strip(), attributes, metadata, SpanKind.CLIENT)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        span = self._spans.get(run_id)
        try:
            if span is not None and response.generations and response.generations[0]:
                generation = response.generations[0][0]
                reply = generation.message if isinstance(generation, ChatGeneration) else AIMessage(generation.text)
                self._answered(span, reply, generation.generation_info or {}, response.llm_output or {})
        finally:
            self._end(run_id)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id, error)

    def _answered(self, span: Span, reply: BaseMessage, info: Mapping[str, Any], output: Mapping[str, Any]) -> None:
        known = {**info, **reply.response_metadata}
        reason = str(known.get("finish_reason") or known.get("stop_reason") or "")
        span.set_attribute(semconv.OUTPUT_MESSAGES, _json([{**messages.described(reply), "finish_reason": reason}]))
        if reason:
            span.set_attribute(semconv.FINISH_REASONS, [reason])
        model = known.get("model_name") or known.get("model")
        if model:
            span.set_attribute(semconv.RESPONSE_MODEL, str(model))
        used = getattr(reply, "usage_metadata", None) or {}
        counted = output.get("token_usage") or {}
        span.set_attribute(semconv.INPUT_TOKENS, used.get("input_tokens") or counted.get("prompt_tokens") or 0)
        span.set_attribute(semconv.OUTPUT_TOKENS, used.get("output_tokens") or counted.get("completion_tokens") or 0)
        with self._lock:
            for call in getattr(reply, "tool_calls", []):
                if call["id"]:
                    self._asked[call["id"]] = call

    # Tools.

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        name = str((serialized or {}).get("name") or kwargs.get("name") or "")
        call = str(kwargs.get("tool_call_id") or "")
        told = "tool_call_id" in kwargs  # Only since langchain-core 1.2: None there means that no model asked.
        arguments = input_str if inputs is None else self._written(name, call if told else None, inputs)
        attributes = {
            semconv.OPERATION: semconv.EXECUTE_TOOL,
            semconv.TOOL_NAME: name,
            semconv.TOOL_CALL_ID: call,
            semconv.TOOL_ARGUMENTS: _json(arguments),
        }
        self._start(run_id, parent_run_id, f"{semconv.EXECUTE_TOOL} {name}", attributes, metadata)

    def _written(self, name: str, call: str | None, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the model wrote, where it is known: `inputs` also holds what the graph injected (state, runtime)."""
        with self._lock:
            asked = list(self._asked.values())
        if call is None:
            like = [one["args"] for one in asked if one["name"] == name and one["args"].items() <= inputs.items()]
            return max(like, key=len, default=inputs)
        return next((one["args"] for one in asked if one["id"] == call), inputs)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        span = self._spans.get(run_id)
        try:
            if span is not None:
                self._returned(span, output)
        finally:
            self._end(run_id)

    def _returned(self, span: Span, output: Any) -> None:
        answers = messages.answers(output)
        result = "\n".join(messages.text(one) for one in answers) if answers else output
        span.set_attribute(semconv.TOOL_RESULT, result if isinstance(result, str) else _json(result))
        if answers:
            span.set_attribute(semconv.TOOL_CALL_ID, answers[0].tool_call_id or "")
        if any(one.status == "error" for one in answers):
            span.set_status(Status(StatusCode.ERROR, str(result)))

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id, error)

    # Spans.

    def _parent(self, run: UUID | None) -> otel.Context:
        return self._contexts.get(run, self._root) if run else self._root

    def _start(
        self,
        run: UUID,
        parent: UUID | None,
        name: str,
        attributes: dict[str, Any],
        metadata: Metadata,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> None:
        attributes[semconv.NODE_PATH] = node_path(metadata)
        with self._lock:
            context = self._parent(parent)
            span = self._tracer.start_span(name, context=context, kind=kind, attributes=attributes)
            self._spans[run] = span
            self._contexts[run] = set_span_in_context(span, context)

    def _end(self, run: UUID, error: BaseException | None = None) -> None:
        with self._lock:
            span = self._spans.pop(run, None)
            self._contexts.pop(run, None)
            self._namespaces.pop(run, None)
        if span is None:
            return
        if isinstance(error, GraphInterrupt):
            span.set_attribute(semconv.INTERRUPTED, True)
        elif error is not None and not isinstance(error, GraphBubbleUp):
            # Control flow (a jump to the parent graph, a drained graph) is no error.
            span.set_attribute(semconv.ERROR_TYPE, type(error).__qualname__)
            span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
        span.end()


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError):  # keys that are no texts, or a value that contains itself
        return str(value)


def _plain(value: Any) -> str:
    return f"<{type(value).__name__}>"
