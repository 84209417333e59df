"""The command line in a real terminal (a pseudo-terminal), and in a shell that completes it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gepa_agents_cli.app import app
from typer.testing import CliRunner

from tests.journeys.cli_project import TinyProject, forgotten, write

pty = pytest.importorskip("pty", reason="pseudo-terminals are of Unix")

COMMAND = [sys.executable, "-c", "from gepa_agents_cli import main; main()"]
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]m")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[TinyProject]:
    """A project of its own."""
    with forgotten():
        yield write(tmp_path)


def seen(project: TinyProject, *arguments: str, answers: str = "", **environment: str) -> str:
    """What a terminal of 60 columns is sent by a command that ends well."""
    main, side = pty.openpty()
    known = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    env = {**known, "TERM": "xterm-256color", "COLUMNS": "60", "LINES": "24", **environment}
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=project.folder, env=env, stdin=side, stdout=side, stderr=side, close_fds=True
    ) as run:
        os.close(side)
        os.write(main, answers.encode())
        parts = []
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:  # the other side is closed
                break
            if not part:
                break
            parts.append(part)
    os.close(main)
    text = b"".join(parts).decode()
    assert run.returncode == 0, text
    return text


def test_a_terminal_gets_a_picture_in_colour(project: TinyProject) -> None:
    """It asks before it starts, draws while it runs, leaves the story, and no line of it is wider than the screen."""
    text = seen(project, "optimize", "gepa.toml", answers="y\n")
    assert "Start? [Y/n]" in text
    assert "\x1b[?25l" in text  # the cursor is hidden: a picture
    assert COLOUR.search(text)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    lines = [line.rpartition("\r")[2] for line in plain.replace("\r\n", "\n").splitlines()]
    paths = str(project.folder)
    assert [line for line in lines if len(line) > 60 and paths not in line and not line.startswith("Start?")] == []
    assert any(re.match(r" +\d accepted ", line) for line in lines)
    assert "a significant gain on tasks that nothing was tuned on" in plain


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
