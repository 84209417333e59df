"""Keeps the ended spans of the traces that are being watched, and nothing else."""

import threading
from weakref import WeakKeyDictionary

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider


class Collector(SpanProcessor):
    """A span processor that holds the spans of watched traces until they are released."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spans: dict[int, list[ReadableSpan]] = {}

    def watch(self, trace_id: int) -> None:
        """Keep this trace's spans from now on."""
        with self._lock:
            self._spans[trace_id] = []

    def spans(self, trace_id: int) -> list[ReadableSpan]:
        """The spans of a watched trace that have ended."""
        with self._lock:
            return list(self._spans.get(trace_id, ()))

    def release(self, trace_id: int) -> list[ReadableSpan]:
        """Hand the trace's spans over and forget it; spans that end later are not kept."""
        with self._lock:
            return self._spans.pop(trace_id, [])

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing happens before a span ends."""

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span of a watched trace."""
        with self._lock:
            kept = self._spans.get(span.context.trace_id) if span.context else None
            if kept is not None:
                kept.append(span)

    def shutdown(self) -> None:
        """Nothing is held that would need an end."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Nothing waits."""
        return True


# A provider takes processors and gives none back, so each gets one collector for life, however many runs there are.
_collectors: WeakKeyDictionary[TracerProvider, Collector] = WeakKeyDictionary()
_lock = threading.Lock()


def collector(provider: TracerProvider) -> Collector:
    """The provider's collector, attached to it on first use; inert for traces that nobody watches."""
    with _lock:
        found = _collectors.get(provider)
        if found is None:
            found = _collectors[provider] = Collector()
            provider.add_span_processor(found)
        return found
