"""The command line in a real terminal (a pseudo-terminal), and in a shell that completes it."""

import fcntl
import os
import re
import select
import shutil
import subprocess
import sys
import termios
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from gepa_agents_cli.app import app
from gepa_agents_cli.errors import ExitCode
from typer.testing import CliRunner

from gepa_agents import Verdict
from gepa_agents.parts.runs.journal import read
from tests.journeys.cli_project import TinyProject, forgotten, write

pty = pytest.importorskip("pty", reason="pseudo-terminals are of Unix")

COMMAND = [sys.executable, "-c", "from gepa_agents_cli import main; main()"]
BASH = shutil.which("bash")
UNWANTED = ("NO_COLOR", "FORCE_COLOR", "EDITOR", "VISUAL")
QUESTION = re.compile(rb"(Y/n\]: |\[e\]dit\? |no reason\) |text\? |names no editor\)\.\s+)(\x1b\[[0-9;?]*[A-Za-z])*$")
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]m")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[TinyProject]:
    """A project of its own."""
    with forgotten():
        yield write(tmp_path)


def seen(project: TinyProject, *arguments: str, answers: Sequence[str] = (), code: int = 0, **environment: str) -> str:
    """What a terminal of 60 columns is sent by a command that ends with `code`; each question gets the next answer."""
    main, side = pty.openpty()
    known = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    env = {**known, "TERM": "xterm-256color", "COLUMNS": "60", "LINES": "24", **environment}
    waiting, text = list(answers), b""
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=project.folder,
        env=env,
        stdin=side,
        stdout=side,
        stderr=side,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C is a signal
    ) as run:
        os.close(side)
        try:
            while part := received(main):
                text += part
                if waiting and QUESTION.search(text):
                    os.write(main, waiting.pop(0).encode())
                    text += b"\n"  # answered
        except TimeoutError:
            run.kill()
            raise AssertionError(text.decode()) from None
    os.close(main)
    assert run.returncode == code, text.decode()
    assert not waiting, text.decode()
    return re.sub(r"\r\n", "\n", text.decode())


def received(terminal: int) -> bytes:
    """What comes next; nothing once the other side is closed."""
    if not select.select([terminal], [], [], 20)[0]:
        raise TimeoutError("the command says nothing any more")
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def plain(text: str) -> str:
    """The text without escape codes."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_a_terminal_gets_a_picture_in_colour(project: TinyProject) -> None:
    """It asks before it starts, draws while it runs, leaves the story, and no line of it is wider than the screen."""
    text = seen(project, "optimize", "gepa.toml", answers=["y\n"])
    assert "Start? [Y/n]" in text
    assert "\x1b[?25l" in text  # the cursor is hidden: a picture
    assert COLOUR.search(text)
    lines = [line.rpartition("\r")[2] for line in plain(text).splitlines()]
    paths = str(project.folder)
    assert [line for line in lines if len(line) > 60 and paths not in line and not line.startswith("Start?")] == []
    assert any(re.match(r" +\d accepted ", line) for line in lines)
    assert "a significant gain on tasks that nothing was tuned on" in lines


def test_colours_and_pictures_are_left_out_where_they_are_not_wanted(project: TinyProject) -> None:
    """`NO_COLOR` takes the colours, a dumb terminal the picture too; a pipe gets lines whatever FORCE_COLOR says."""
    without = seen(project, "optimize", "gepa.toml", "--yes", NO_COLOR="1")
    assert not COLOUR.search(without)
    assert "\x1b[?25l" in without
    dumb = seen(project, "optimize", "gepa.toml", "--yes", "--run", "dumb", TERM="dumb")
    assert "\x1b[" not in dumb
    piped = subprocess.run(
        [*COMMAND, "optimize", "gepa.toml", "--run", "piped"],
        cwd=project.folder,
        env={**os.environ, "FORCE_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\x1b[?25l" not in piped.stdout
    assert "accepted" in piped.stdout


def verdicts(project: TinyProject) -> list[Verdict]:
    """What the journal holds of a person's say."""
    with read(project.runs) as journal:
        return [Verdict.model_validate_json(body) for _, body in journal.calls("review/")]


HEEDING = """
def heeding(prompt):
    return reflect(prompt).replace("</text>", " Be kind.</text>" if "Refused by the person" in prompt else "</text>")
"""
"""A reflection model that has another proposal when one was refused."""
REVIEW = ("optimize", "gepa.toml", "--yes", "--review")


def test_a_person_reviews_what_did_well(project: TinyProject) -> None:
    """The proposal is shown with diff, diagnosis and flips; one is refused with a reason, another one joins."""
    module = project.module("judge")
    module.write_text(module.read_text() + HEEDING)
    project.replace("tiny_judge:reflect", "tiny_judge:heeding")
    text = seen(project, *REVIEW, answers=["what\n", "r\n", "It shouts.\n", "a\n"])
    lines = plain(text).splitlines()
    assert "proposal 1: answer.system" in lines
    assert "  diagnosis  Words are missing." in lines
    assert "-Answer the question." in lines
    assert any(re.match(r"better +train train-\d 0.00 → ", line) for line in lines)
    assert "a: it joins the pool. r: it doesn't. e: change its text first." in " ".join(plain(text).split())
    assert [(one.verdict, one.reason) for one in verdicts(project)] == [("reject", "It shouts."), ("accept", "")]
    assert any("refused in review" in line for line in lines)
    assert "a significant gain on tasks that nothing was tuned on" in lines


def test_an_edit_takes_the_editor_or_a_pasted_text(project: TinyProject) -> None:
    """What comes back from EDITOR, or is typed up to a dot, is run, and joins as the person wrote it."""
    editor = project.folder / "editor.py"
    editor.write_text("import sys\nfrom pathlib import Path\nfile = Path(sys.argv[1])\n")
    editor.write_text(editor.read_text() + "file.write_text(file.read_text().replace('Answer', 'Please answer'))\n")
    text = seen(project, *REVIEW, answers=["e\n", "a\n"], EDITOR=f"{sys.executable} {editor}")
    assert "+Please answer the question. PLEASE THANKS SIR" in plain(text).splitlines()
    (verdict,) = verdicts(project)
    assert verdict.texts == {"answer.system": "Please answer the question. PLEASE THANKS SIR"}
    assert "Please answer the question." in (project.runs / "tuned.yaml").read_text()

    project.replace('folder = "runs"', 'folder = "runs/pasted"')
    text = seen(project, *REVIEW, answers=["e\n", ".\n", "e\n", "Answer,\nPLEASE THANKS SIR\n.\n", "a\n"])
    assert "the text is empty; it stays as it was" in plain(text)
    assert "Answer,\n" in (project.runs / "pasted" / "tuned.yaml").read_text()


def test_a_review_can_be_left_and_taken_up_again(project: TinyProject) -> None:
    """Ctrl-C at the question loses nothing; the same command asks it again, and nothing that was answered."""
    module = project.module("judge")
    module.write_text(module.read_text() + HEEDING)
    project.replace("tiny_judge:reflect", "tiny_judge:heeding")
    left = seen(project, *REVIEW, answers=["r\n", "\n", "\x03"], code=ExitCode.INTERRUPTED)
    assert "goes on from here" in " ".join(plain(left).split())
    assert "Traceback" not in left
    assert [one.verdict for one in verdicts(project)] == ["reject"]
    again = seen(project, *REVIEW, answers=["a\n"])
    assert "proposal 1:" not in plain(again)
    assert [one.verdict for one in verdicts(project)] == ["reject", "accept"]
    closed = seen(project, *REVIEW, "--run", "other", answers=["\x04"], code=ExitCode.INPUT)
    assert "the terminal was closed before the answer" in " ".join(plain(closed).split())


def test_nobody_is_asked_where_nobody_can_answer(project: TinyProject) -> None:
    """Without a terminal, or without words, a review is refused before anything is paid for."""
    for options, said in (
        ((), "there is none"),
        (("--json",), "leave one of them out"),
        (("-q",), "leave one of them"),
    ):
        outcome = CliRunner().invoke(app, ["optimize", str(project.toml), "--review", *options])
        assert outcome.exit_code == ExitCode.INPUT
        assert said in outcome.stderr
    assert not project.runs.exists()


def called(arguments: list[str], environment: dict[str, str]) -> str:
    """What the command prints under its own name, as a shell's completion calls it."""
    return CliRunner().invoke(app, arguments, env=environment, prog_name="gepa-agents").stdout


def completed(shell: str, line: str) -> set[str]:
    """What a shell's completion script would be told for a command line that ends where the cursor is."""
    words = line.split(" ")
    told = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
    }[shell]
    outcome = called([], {"_GEPA_AGENTS_COMPLETE": f"complete_{shell}", **told})
    return set(re.findall(r'^"?([\w-]+)', outcome.replace("_arguments '*: :((", ""), flags=re.M))


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("gepa-agents eval", {"evaluate"}),
        ("gepa-agents optimize --qu", {"--quiet"}),
        ("gepa-agents evaluate gepa.toml --split t", {"train", "test"}),
        ("gepa-agents export runs --format ya", {"yaml"}),
    ],
)
def test_shells_complete_commands_options_and_values(shell: str, line: str, offered: set[str]) -> None:
    """Commands, options, and the values that an option takes."""
    assert completed(shell, line) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_completion_script_is_shown(shell: str) -> None:
    """`--show-completion` prints a script that calls the command back."""
    program = "import sys; sys.argv[0] = 'gepa-agents'; from gepa_agents_cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--show-completion", shell],
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"_GEPA_AGENTS_COMPLETE=complete_{shell}" in done.stdout


@pytest.mark.skipif(not BASH, reason="bash is not installed")
@pytest.mark.parametrize(("word", "offered"), [("inge", "ingest"), ("diff", "diff")])
def test_bash_itself_completes(word: str, offered: str) -> None:
    """The printed script, sourced in a real bash, fills in a word of the installed command."""
    installed = Path(sys.executable).with_name("gepa-agents")
    script = f"""
source <(gepa-agents --show-completion bash)
COMP_WORDS=(gepa-agents {word}) COMP_CWORD=1
_gepa_agents_completion gepa-agents
echo "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(
        [str(BASH), "-c", script],
        env={
            **os.environ,
            "PATH": f"{installed.parent}:{os.environ['PATH']}",
            "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [offered]
