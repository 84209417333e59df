"""Records rollouts: one root span each, in a trace of its own, from which the trajectory is read.

The only place, with `collecting`, that knows the OpenTelemetry SDK. Spans go through the user's tracer provider when
there is one, so that a collector sees candidates, tasks and scores.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber, get_logger
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Span, Status, StatusCode, Tracer, set_span_in_context

from gepa_agents.parts.tracing.collecting import Collector, collector
from gepa_agents.parts.tracing.reading import read
from gepa_agents.words import semconv
from gepa_agents.words.rollout import Score
from gepa_agents.words.trajectory import Trajectory

LOG = logging.getLogger(__name__)


class Recording:
    """One rollout under way."""

    def __init__(self, root: Span, tracer: Tracer, collecting: Collector) -> None:
        self._root = root
        self._collecting = collecting
        self._trace_id = root.get_span_context().trace_id
        self._spans: Sequence[ReadableSpan] | None = None
        self._past = 0
        self._began = time.time_ns()
        collecting.watch(self._trace_id)
        self.tracer = tracer
        """For the agent to make its spans with."""

    def trajectory(self) -> Trajectory:
        """What happened so far, or in all once the rollout is over, from the spans that have ended."""
        return read(self._ended()[self._past :], self._began)

    def restart(self) -> None:
        """Begin anew: what has happened is no part of the trajectory any more, though its spans were sent."""
        self._past = len(self._ended())
        self._began = time.time_ns()
        self._root.add_event(semconv.RESTARTED, timestamp=self._began)

    def _ended(self) -> Sequence[ReadableSpan]:
        return self._collecting.spans(self._trace_id) if self._spans is None else self._spans

    def scored(self, score: Score) -> None:
        """Put the metric's verdict on the root span, and send it as an evaluation event (GenAI conventions)."""
        attributes: dict[str, str | float] = {
            semconv.EVALUATION_NAME: "metric",
            semconv.EVALUATION_SCORE: score.value,
            semconv.EVALUATION_EXPLANATION: score.feedback,
        }
        self._root.set_attributes(attributes)
        get_logger(semconv.SCOPE).emit(
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

    def close(self) -> None:
        """End the root span; from now on nothing of this trace is kept but by this recording."""
        self._root.end()
        self._spans = self._collecting.release(self._trace_id)


class Recorder:
    """Makes recordings, through `provider` or else the global one; through a private one where neither can serve."""

    def __init__(self, provider: trace.TracerProvider | None = None) -> None:
        chosen = provider or trace.get_tracer_provider()
        private = _private()
        if not isinstance(chosen, TracerProvider) or _cuts(chosen):
            chosen = private
        self._chosen = _Source(chosen)
        self._private = _Source(private)

    @contextmanager
    def rollout(self, name: str, attributes: Mapping[str, str | int | float]) -> Iterator[Recording]:
        """A recording of what is done inside the block; its root span is the current one there."""
        source = self._chosen
        root = source.root(name, attributes)
        if not root.is_recording():
            # The user's sampler leaves this trace out, or tracing is switched off; we still need to see it.
            source = self._private
            root = source.root(name, attributes)
        recording = Recording(root, source.tracer, source.collecting)
        token = otel.attach(set_span_in_context(root, otel.Context()))
        try:
            yield recording
        finally:
            otel.detach(token)
            recording.close()


class _Source:
    """A provider's tracer and collector."""

    def __init__(self, provider: TracerProvider) -> None:
        self.tracer = provider.get_tracer(semconv.SCOPE)
        self.collecting = collector(provider)

    def root(self, name: str, attributes: Mapping[str, str | int | float]) -> Span:
        # In an empty context: a rollout is a trace of its own, whatever is being traced around the optimization.
        return self.tracer.start_span(name, context=otel.Context(), attributes=attributes)


def _private() -> TracerProvider:
    """A provider that sees everything, whatever the environment (`OTEL_…`) says about the user's own tracing."""
    unlimited = SpanLimits(max_attribute_length=SpanLimits.UNSET, max_span_attribute_length=SpanLimits.UNSET)
    provider = TracerProvider(sampler=ALWAYS_ON, span_limits=unlimited, shutdown_on_exit=False)
    provider._disabled = False  # OTEL_SDK_DISABLED is about telemetry; nothing of this leaves the process
    return provider


def _cuts(provider: TracerProvider) -> bool:
    """Whether the provider cuts long attributes, so that prompts could not be read back; says so once."""
    limits = getattr(provider, "_span_limits", None)  # there is no public way to ask
    longest = limits.max_span_attribute_length if isinstance(limits, SpanLimits) else None
    if longest is not None:
        LOG.warning(
            "the tracer provider cuts span attributes at %d characters, too short to read prompts back, so rollouts "
            "are traced privately and not sent to it; unset OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT (or the provider's "
            "span limits) to have them sent",
            longest,
        )
    return longest is not None
