"""Records rollouts: one root span each, in a trace of its own, from which the trajectory is read.

The only place, with `collecting`, that knows the OpenTelemetry SDK. Spans go through the user's tracer provider when
there is one, so that a collector sees candidates, tasks and scores.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber, get_logger
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, Status, StatusCode, Tracer, set_span_in_context

from gepa_agents.parts.tracing.collecting import Collector, collector
from gepa_agents.parts.tracing.reading import read
from gepa_agents.words import semconv
from gepa_agents.words.rollout import Score
from gepa_agents.words.trajectory import Trajectory

SCOPE = "gepa_agents"


class Recording:
    """One rollout under way."""

    def __init__(self, root: Span, tracer: Tracer, collecting: Collector) -> None:
        self._root = root
        self._collecting = collecting
        self.tracer = tracer
        """For the agent to make its spans with."""

    def trajectory(self) -> Trajectory:
        """What happened so far, from the spans that have ended."""
        return read(self._collecting.spans(self._root.get_span_context().trace_id), self._root)

    def scored(self, score: Score) -> None:
        """Put the metric's verdict on the root span, and send it as an evaluation event (GenAI conventions)."""
        attributes: dict[str, str | float] = {
            semconv.EVALUATION_NAME: "metric",
            semconv.EVALUATION_SCORE: score.value,
            semconv.EVALUATION_EXPLANATION: score.feedback,
        }
        self._root.set_attributes(attributes)
        get_logger(SCOPE).emit(
            LogRecord(
                context=set_span_in_context(self._root),
                event_name=semconv.EVALUATION_EVENT,
                severity_number=SeverityNumber.INFO,
                attributes=attributes,
            )
        )

    def failed(self, error: BaseException) -> None:
        """Mark the rollout as failed."""
        self._root.set_attribute(semconv.ERROR_TYPE, type(error).__qualname__)
        self._root.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))


class Recorder:
    """Makes recordings, through `provider` or else the global one; through a private one where neither can serve."""

    def __init__(self, provider: trace.TracerProvider | None = None) -> None:
        self._private = TracerProvider()
        chosen = provider or trace.get_tracer_provider()
        self._provider = chosen if isinstance(chosen, TracerProvider) else self._private

    @contextmanager
    def rollout(self, name: str, attributes: Mapping[str, str | int | float]) -> Iterator[Recording]:
        """A recording of what is done inside the block; its root span is the current one there."""
        provider = self._provider
        root = self._root(provider, name, attributes)
        if not root.is_recording():
            # The user's sampler leaves this trace out; we still need to see it.
            provider = self._private
            root = self._root(provider, name, attributes)
        collecting = collector(provider)
        trace_id = root.get_span_context().trace_id
        collecting.watch(trace_id)
        token = otel.attach(set_span_in_context(root, otel.Context()))
        try:
            yield Recording(root, provider.get_tracer(SCOPE), collecting)
        finally:
            otel.detach(token)
            root.end()
            collecting.release(trace_id)

    def _root(self, provider: TracerProvider, name: str, attributes: Mapping[str, str | int | float]) -> Span:
        # In an empty context: a rollout is a trace of its own, whatever is being traced around the optimization.
        return provider.get_tracer(SCOPE).start_span(name, context=otel.Context(), attributes=attributes)
