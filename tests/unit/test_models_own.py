"""Functions, commands and objects as language models; the check before a run; prices of one's own."""

import asyncio
import functools
import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from gepa_agents.parts.models.command import CommandModel
from gepa_agents.parts.models.function import FunctionModel
from gepa_agents.parts.models.preflight import preflight
from gepa_agents.parts.models.prices import PriceTable
from gepa_agents.parts.models.resolve import language_model
from gepa_agents.ports.language_model import Completion, LanguageModel
from gepa_agents.words.errors import ConfigError, ModelError, ModelRefused, ModelUnavailable
from gepa_agents.words.usage import Usage
from tests.waiting import until


def shout(prompt: str, mark: str = "!") -> str:
    """A model for these tests."""
    return prompt.upper() + mark


class Shouter:
    """A model of the user's own making."""

    name = "shouter"

    async def complete(self, prompt: str) -> Completion:
        """Shouts."""
        return Completion(text=shout(prompt))


class Callable:
    """An object that is called, with an async method."""

    async def __call__(self, prompt: str) -> str:
        return shout(prompt)


class TestFunction:
    """A function as language model."""

    @pytest.mark.parametrize(
        "function",
        [
            shout,
            functools.partial(shout, mark="!"),
            Callable(),
            functools.partial(Callable()),
            lambda prompt: Callable()(prompt),
            lambda prompt: Completion(text=shout(prompt)),
        ],
        ids=["function", "partial", "object", "partial of an object", "sync that returns a coroutine", "completion"],
    )
    async def test_takes_any_callable(self, function: object) -> None:
        """Sync or async, function, partial or object: each gives its answer."""
        assert (await language_model(function).complete("hey")).text == "HEY!"

    async def test_sync_functions_run_side_by_side(self) -> None:
        """Two calls of a sync function that wait for each other both come back: neither blocks the event loop."""
        both = threading.Barrier(2, timeout=10)

        def meet(prompt: str) -> str:
            both.wait()
            return prompt

        model = FunctionModel(meet)
        answers = await asyncio.gather(model.complete("a"), model.complete("b"))
        assert [answer.text for answer in answers] == ["a", "b"]

    async def test_a_completion_is_kept_as_it_is(self) -> None:
        """A function that knows its tokens and price says so by a Completion."""
        given = Completion(text="x", usage=Usage(calls=1, input_tokens=3, usd=0.5), truncated=True)
        assert await FunctionModel(lambda _prompt: given).complete("hey") == given

    async def test_a_text_alone_has_no_known_price(self) -> None:
        """What a bare function cost is not known, and that is what the usage says."""
        assert (await FunctionModel(shout).complete("hey")).usage == Usage(calls=1, unpriced_calls=1)

    async def test_an_exception_becomes_a_model_error_with_the_name(self) -> None:
        """The user sees which function raised what; the original is chained."""

        def broken(prompt: str) -> str:
            raise KeyError("colour")

        with pytest.raises(ModelError, match=r"broken`, used as language model, raised KeyError: 'colour'") as caught:
            await FunctionModel(broken).complete("hey")
        assert isinstance(caught.value.__cause__, KeyError)

    @pytest.mark.parametrize("answer", [None, 5, b"bytes", ["text"]])
    async def test_another_answer_than_text_is_said(self, answer: object) -> None:
        """A function that forgets its return statement is told so."""
        with pytest.raises(ModelError, match=f"returned {type(answer).__name__}; let it return a str"):
            await FunctionModel(lambda _prompt: answer).complete("hey")

    def test_its_name_tells_where_it_is(self) -> None:
        """Module and name, also through partials and for objects; or the name that was given."""
        assert FunctionModel(functools.partial(shout)).name == f"{__name__}.shout"
        assert FunctionModel(Callable()).name == f"{__name__}.Callable"
        assert FunctionModel(shout, name="mine").name == "mine"

    async def test_a_next_that_finds_nothing_is_its_error(self):
        """`StopIteration` can't pass from a thread to who waits for it; it is named all the same, and nobody waits."""

        def answer(prompt: str) -> str:
            return next(iter(()))

        with pytest.raises(ModelError, match=r"used as language model, raised StopIteration; mend it"):
            await asyncio.wait_for(FunctionModel(answer).complete("hi"), 5)


def python(code: str, timeout: float = 30.0) -> CommandModel:
    """A command that runs Python code."""
    return CommandModel([sys.executable, "-S", "-c", code], timeout)


class TestCommand:
    """A command as language model."""

    async def test_a_failing_command_is_unavailable_with_its_last_words(self) -> None:
        """The exit status and the last line of stderr are in the message."""
        code = "import sys; print('loading', file=sys.stderr); sys.exit('no GPU found')"
        with pytest.raises(ModelUnavailable, match=r"ended with exit status 1: no GPU found; try it by hand"):
            await python(code).complete("hey")

    async def test_a_killed_command_names_the_signal(self) -> None:
        """A command that ran out of memory, say, is told by its signal."""
        with pytest.raises(ModelUnavailable, match="ended with signal SIGKILL: it wrote nothing to stderr"):
            await python("import os; os.kill(os.getpid(), 9)").complete("hey")

    async def test_a_silent_command_is_unavailable(self) -> None:
        """An empty answer is none."""
        with pytest.raises(ModelUnavailable, match="wrote nothing to stdout"):
            await python("print()").complete("hey")

    async def test_a_command_that_is_not_there_is_refused(self) -> None:
        """A misspelt command is named."""
        with pytest.raises(ModelRefused, match=r"`no-such-command --x` can't be started \(No such file or directory\)"):
            await CommandModel(["no-such-command", "--x"]).complete("hey")

    async def test_a_file_that_is_not_executable_is_refused(self, tmp_path: Path) -> None:
        """A script without its executable bit is named."""
        script = tmp_path / "model.sh"
        script.write_text("#!/bin/sh\necho hello\n")
        with pytest.raises(ModelRefused, match=r"Permission denied.*executable"):
            await CommandModel([str(script)]).complete("hey")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        assert (await CommandModel([str(script)]).complete("hey")).text == "hello", "and a prompt may go unread"

    async def test_a_large_prompt_may_go_unread(self) -> None:
        """A command that answers without reading its stdin, larger than a pipe, has answered."""
        assert (await python("print('bored')").complete("x" * 1_000_000)).text == "bored"

    async def test_too_slow_a_command_is_killed_with_its_children(self, tmp_path: Path) -> None:
        """After the time-out no process of the group is left, also none that the command had started."""
        pids = tmp_path / "pids"
        code = (
            "import os, subprocess, sys, time\n"
            f"child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\n"
            f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
            "time.sleep(600)"
        )
        with pytest.raises(ModelUnavailable, match=r"no answer within 1\.5 s and was killed"):
            await python(code, timeout=1.5).complete("hey")
        command, child = map(int, pids.read_text().split())
        await until(lambda: not _runs(command))
        await until(lambda: not _runs(child))

    async def test_a_cancelled_call_leaves_no_process(self, tmp_path: Path) -> None:
        """Who gives up waiting leaves nothing running."""
        pid = tmp_path / "pid"
        code = f"import os, time; open({str(pid)!r}, 'w').write(f'{{os.getpid()}}\\n'); time.sleep(600)"
        call = asyncio.create_task(python(code).complete("hey"))
        await until(lambda: pid.exists() and pid.read_text().endswith("\n"))
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await until(lambda: not _runs(int(pid.read_text())))

    @pytest.mark.parametrize("argv", ["llm -m gpt-5", [], ()])
    def test_a_command_is_a_list_of_words(self, argv: list[str]) -> None:
        """A shell line is refused rather than guessed at."""
        with pytest.raises(ConfigError, match="a command is a list of words"):
            CommandModel(argv)


def _runs(pid: int) -> bool:
    # A child that nobody waits for stays a zombie until init takes it; it runs no more.
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


class TestResolve:
    """What a user may give for a language model."""

    def test_a_language_model_stays_what_it_is(self) -> None:
        """An object of the port's shape is taken as it is."""
        model = Shouter()
        assert language_model(model) is model

    @pytest.mark.parametrize("kind", [Shouter, Callable, str])
    def test_a_class_is_refused(self, kind: type) -> None:
        """A class has what its instances have, but is none: the mistake is named."""
        with pytest.raises(
            ConfigError, match=f"the class `{kind.__qualname__}` is no language model; give an instance"
        ):
            language_model(kind)

    @pytest.mark.parametrize("value", [None, 5, ["openai/gpt-5"], object()])
    def test_anything_else_is_refused_with_what_is_accepted(self, value: object) -> None:
        """The error lists what can be given."""
        with pytest.raises(ConfigError, match=r"openai/gpt-5.*function.*LangChain chat model.*CommandModel"):
            language_model(value)

    def test_a_misspelt_provider_is_named(self) -> None:
        """A name that no adapter knows is shown as it was written."""
        with pytest.raises(ConfigError, match="'opnai/gpt-5' is no language model that is known here"):
            language_model("opnai/gpt-5")


class Fails(Shouter):
    """A model that fails as told."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def complete(self, prompt: str) -> Completion:
        """Fails."""
        raise self.error


class TestPreflight:
    """The call before the first rollout."""

    async def test_a_working_model_costs_one_tiny_call(self) -> None:
        """The model is asked once, briefly, and what that cost comes back."""
        prompts: list[str] = []

        def answer(prompt: str) -> str:
            prompts.append(prompt)
            return "anything"

        completion = await preflight(FunctionModel(answer))
        assert completion.usage.calls == len(prompts) == 1
        assert len(prompts[0]) < 100

    @pytest.mark.parametrize("kind", [ModelRefused, ModelUnavailable, ModelError])
    async def test_an_error_keeps_its_kind_and_says_that_nothing_is_lost(self, kind: type[ModelError]) -> None:
        """The kind decides the exit code; the sentence tells that no rollout was paid for, and why."""
        with pytest.raises(kind, match=r"`shouter` does not work, and nothing has been spent.*: out of ink") as caught:
            await preflight(Fails(kind("out of ink")))
        assert type(caught.value) is kind

    async def test_another_exception_is_an_error_of_the_model(self) -> None:
        """A model of the user's own that raises something else is told so."""
        with pytest.raises(ModelError, match="`shouter` raised ZeroDivisionError: oops; mend its `complete`"):
            await preflight(Fails(ZeroDivisionError("oops")))

    async def test_an_answer_of_another_kind_is_an_error(self) -> None:
        """A `complete` that returns a bare text is found before the run."""

        class Bare:
            name = "bare"

            async def complete(self, prompt: str) -> str:
                return "text"

        model: LanguageModel = language_model(Bare())
        with pytest.raises(ModelError, match="`bare` answered with str; let its `complete` return a Completion"):
            await preflight(model)


class TestPrices:
    """A price list of one's own."""

    def test_prices_are_dollars_per_million_tokens(self) -> None:
        """Read and written tokens have their own price."""
        usage = Usage(calls=1, input_tokens=500_000, output_tokens=2_000_000)
        assert PriceTable({"mine": (1.0, 3.0)}).usd("mine", usage) == pytest.approx(6.5)

    def test_what_is_not_known_is_none(self) -> None:
        """Neither an unlisted model nor a call without token counts is taken for free; a free model is."""
        table = PriceTable({"mine": (1.0, 3.0), "free": (0, 0)})
        assert table.usd("other", Usage(calls=1, input_tokens=5)) is None
        assert table.usd("mine", Usage(calls=1)) is None
        assert table.usd("free", Usage(calls=1)) == 0.0

    @pytest.mark.parametrize("price", [(-1, 2), (1,), ("a", 2), (float("nan"), 1), 5])
    def test_a_broken_price_names_the_model(self, price: object) -> None:
        """What is no pair of numbers from zero up is refused."""
        with pytest.raises(ConfigError, match="the price of `mine` is no pair"):
            PriceTable({"mine": price})  # type: ignore[dict-item]
