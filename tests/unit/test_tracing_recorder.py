"""Recording rollouts: one trace each, complete for us and visible to the user, whatever the user's own tracing does."""

import asyncio
import gc
import logging
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import _logs, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler
from opentelemetry.trace import StatusCode, Tracer

from gepa_agents.parts.tracing.collecting import collector
from gepa_agents.parts.tracing.recorder import Recorder
from gepa_agents.words import semconv
from gepa_agents.words.rollout import Score
from gepa_agents.words.trajectory import Trajectory

ATTRIBUTES = {semconv.AGENT_VERSION: "abc123", semconv.TASK_ID: "t1"}


def users(exporter: InMemorySpanExporter, sampler: Sampler | None = None) -> TracerProvider:
    """A user's own provider."""
    provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


def tool(tracer: Tracer, name: str) -> None:
    """One tool span, as an agent makes it."""
    tracer.start_span(name, attributes={semconv.OPERATION: semconv.EXECUTE_TOOL, semconv.TOOL_NAME: name}).end()


def names(trajectory: Trajectory) -> list[str]:
    """The tools that ran."""
    return [step.tool for step in trajectory.tools()]


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    """What the user's backend gets."""
    return InMemorySpanExporter()


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> InMemoryLogRecordExporter:
    """What the user's log backend gets."""
    exporter = InMemoryLogRecordExporter()
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    monkeypatch.setattr(_logs, "get_logger_provider", lambda: provider)
    monkeypatch.setattr("opentelemetry._logs._internal.get_logger_provider", lambda: provider)
    return exporter


class TestOneTraceEach:
    def test_a_rollout_is_a_trace_of_its_own(self, exporter: InMemorySpanExporter) -> None:
        """Even while the user traces something around it, and afterwards the user's span is current again."""
        provider = users(exporter)
        recorder = Recorder(provider)
        with provider.get_tracer("user").start_as_current_span("outside") as outside:
            with recorder.rollout("one", {}) as recording:
                tool(recording.tracer, "a")
            assert trace.get_current_span() is outside
        by_name = {span.name: span for span in exporter.get_finished_spans()}
        assert by_name["one"].parent is None
        assert by_name["a"].context.trace_id == by_name["one"].context.trace_id
        assert by_name["one"].context.trace_id != by_name["outside"].context.trace_id

    def test_trajectory_is_there_during_and_after(self) -> None:
        """What has ended is in it, while the rollout is under way and once it is over."""
        with Recorder().rollout("one", {}) as recording:
            assert names(recording.trajectory()) == []
            tool(recording.tracer, "a")
            assert names(recording.trajectory()) == ["a"]
        assert names(recording.trajectory()) == ["a"]

    def test_spans_of_other_threads_count(self) -> None:
        """A span that begins here and ends in another thread is in the trajectory."""
        with Recorder().rollout("one", {}) as recording:
            attributes = {semconv.OPERATION: semconv.EXECUTE_TOOL, semconv.TOOL_NAME: "slow"}
            span = recording.tracer.start_span("slow", attributes=attributes)
            thread = threading.Thread(target=span.end)
            thread.start()
            thread.join()
            assert names(recording.trajectory()) == ["slow"]

    async def test_concurrent_rollouts_do_not_mix(self) -> None:
        """Fifty in tasks and fifty in threads, of one recorder: each has its own steps, all of them, in order."""
        recorder = Recorder()

        async def one(number: int) -> Trajectory:
            with recorder.rollout(str(number), {}) as recording:
                for turn in range(3):
                    tool(recording.tracer, f"{number}.{turn}")
                    await asyncio.sleep(0)
                return recording.trajectory()

        in_tasks = await asyncio.gather(*map(one, range(50)))
        with ThreadPoolExecutor(10) as pool:
            in_threads = list(pool.map(lambda number: asyncio.run(one(number)), range(50)))
        for seen in (in_tasks, in_threads):
            assert [names(one) for one in seen] == [[f"{n}.{turn}" for turn in range(3)] for n in range(50)]

    def test_an_exception_ends_the_rollout(self, exporter: InMemorySpanExporter) -> None:
        """It comes out as it is, and the root span has ended."""
        with pytest.raises(LookupError), Recorder(users(exporter)).rollout("one", {}):
            raise LookupError("gone")
        assert [span.name for span in exporter.get_finished_spans()] == ["one"]
        assert not trace.get_current_span().is_recording()


class TestMemory:
    def test_nothing_is_kept_of_other_traces(self, exporter: InMemorySpanExporter) -> None:
        """A user's own spans outside any rollout are not held, however many there are."""
        provider = users(exporter)
        Recorder(provider)
        for number in range(100):
            tool(provider.get_tracer(semconv.SCOPE), str(number))
        assert collector(provider)._spans == {}

    def test_a_finished_rollout_is_let_go(self) -> None:
        """Once nobody holds the recording, its spans are gone; spans that end late are not kept."""
        provider = TracerProvider(shutdown_on_exit=False)
        with Recorder(provider).rollout("one", {}) as recording:
            late = recording.tracer.start_span("late")
            span = recording.tracer.start_span("a")
            span.end()
        late.end()
        assert collector(provider)._spans == {}
        held = weakref.ref(recording)
        del recording
        gc.collect()
        assert held() is None

    def test_a_provider_gets_one_collector(self, exporter: InMemorySpanExporter) -> None:
        """However many recorders there are, no span is kept twice."""
        provider = users(exporter)
        recorders = [Recorder(provider) for _ in range(5)]
        with recorders[0].rollout("one", {}) as recording:
            tool(recording.tracer, "a")
        assert names(recording.trajectory()) == ["a"]
        assert len(provider._active_span_processor._span_processors) == 2

    def test_a_private_provider_is_let_go(self) -> None:
        """A recorder that is no longer used leaves nothing behind."""
        recorder = Recorder()
        held = weakref.ref(recorder._private.collecting)
        del recorder
        gc.collect()
        assert held() is None


class TestForTheUser:
    def test_the_users_exporter_sees_candidate_task_and_score(self, exporter: InMemorySpanExporter) -> None:
        """They are attributes of the root span."""
        with Recorder(users(exporter)).rollout("rollout t1", ATTRIBUTES) as recording:
            recording.scored(Score(value=0.5, feedback="half of it"))
        (root,) = exporter.get_finished_spans()
        assert root.attributes is not None
        assert dict(root.attributes) == {
            **ATTRIBUTES,
            semconv.EVALUATION_NAME: "metric",
            semconv.EVALUATION_SCORE: 0.5,
            semconv.EVALUATION_EXPLANATION: "half of it",
        }

    def test_a_score_is_an_evaluation_event(
        self, exporter: InMemorySpanExporter, logs: InMemoryLogRecordExporter
    ) -> None:
        """`gen_ai.evaluation.result` goes to the log backend, as a child of the root span."""
        with Recorder(users(exporter)).rollout("rollout t1", ATTRIBUTES) as recording:
            recording.scored(Score(value=0.5, feedback="half of it"))
        (log,) = logs.get_finished_logs()
        (root,) = exporter.get_finished_spans()
        assert log.log_record.event_name == "gen_ai.evaluation.result"
        assert log.log_record.attributes == {
            "gen_ai.evaluation.name": "metric",
            "gen_ai.evaluation.score.value": 0.5,
            "gen_ai.evaluation.explanation": "half of it",
        }
        assert root.context is not None
        assert (log.log_record.trace_id, log.log_record.span_id) == (root.context.trace_id, root.context.span_id)

    def test_a_failure_is_on_the_root_span(self, exporter: InMemorySpanExporter) -> None:
        """With its type and message."""
        with Recorder(users(exporter)).rollout("one", {}) as recording:
            recording.failed(TimeoutError("no answer within 3 s"))
        (root,) = exporter.get_finished_spans()
        assert root.status.status_code is StatusCode.ERROR
        assert root.status.description == "TimeoutError: no answer within 3 s"
        assert (root.attributes or {})[semconv.ERROR_TYPE] == "TimeoutError"

    def test_the_users_own_spans_are_exported_but_no_steps(self, exporter: InMemorySpanExporter) -> None:
        """A user's own instrumentation of the same model call is in the same trace, and is not counted again."""
        provider = users(exporter)
        with Recorder(provider).rollout("one", {}) as recording:
            chat: dict[str, str | int] = {
                semconv.OPERATION: semconv.CHAT,
                semconv.INPUT_TOKENS: 7,
                semconv.NODE_PATH: "plan",
            }
            with recording.tracer.start_as_current_span("chat", attributes=chat):
                theirs = {**chat, semconv.INPUT_MESSAGES: '[{"role": "developer", "parts": 3}]'}
                provider.get_tracer("instrumentation").start_span("chat", attributes=theirs).end()
        assert len(exporter.get_finished_spans()) == 3
        assert len({span.context.trace_id for span in exporter.get_finished_spans() if span.context}) == 1
        assert recording.trajectory().usage.input_tokens == 7

    def test_the_global_provider_is_used(self, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> None:
        """A user who has set up OpenTelemetry as usual need not hand it over."""
        provider = users(exporter)
        monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
        with Recorder().rollout("one", {}):
            pass
        assert [span.name for span in exporter.get_finished_spans()] == ["one"]


class TestWhateverTheUserSets:
    def test_a_sampler_that_drops(self, exporter: InMemorySpanExporter) -> None:
        """Nothing is exported, and the trajectory is complete."""
        with Recorder(users(exporter, ALWAYS_OFF)).rollout("one", {}) as recording:
            tool(recording.tracer, "a")
        assert exporter.get_finished_spans() == ()
        assert names(recording.trajectory()) == ["a"]

    @pytest.mark.parametrize(("name", "value"), [("OTEL_TRACES_SAMPLER", "always_off"), ("OTEL_SDK_DISABLED", "true")])
    @pytest.mark.parametrize("own", [True, False], ids=["own provider", "no provider"])
    def test_an_environment_that_switches_off(
        self, name: str, value: str, own: bool, monkeypatch: pytest.MonkeyPatch, exporter: InMemorySpanExporter
    ) -> None:
        """Variables that switch off the user's telemetry don't blind us, and nothing is sent in spite of them."""
        monkeypatch.setenv(name, value)
        with Recorder(users(exporter) if own else None).rollout("one", {}) as recording:
            tool(recording.tracer, "a")
        assert names(recording.trajectory()) == ["a"]
        assert exporter.get_finished_spans() == ()

    @pytest.mark.parametrize("by", ["environment", "provider"])
    def test_limits_that_cut_attributes(
        self, by: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A prompt is read back whole though the user's spans are cut, and the log says why they are not sent."""
        if by == "environment":
            monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "16")
            provider = TracerProvider(shutdown_on_exit=False)
        else:
            limits = SpanLimits(max_span_attribute_length=16)
            provider = TracerProvider(span_limits=limits, shutdown_on_exit=False)
        with caplog.at_level(logging.WARNING), Recorder(provider).rollout("one", {}) as recording:
            tool(recording.tracer, "search_the_whole_catalogue")
        assert names(recording.trajectory()) == ["search_the_whole_catalogue"]
        assert "16 characters" in caplog.text
        assert "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT" in caplog.text
