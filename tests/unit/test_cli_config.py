"""`gepa.toml` is read once, and what is wrong in it is said in one sentence."""

from pathlib import Path

import pytest
from gepa_agents_cli.config import load

from gepa_agents.words.errors import ConfigError

NEEDED = '[agent]\ngraph = "a:b"\n[tasks]\nfile = "t.jsonl"\n[metric]\nfunction = "m:s"\n'


def sentence(folder: Path, text: str) -> str:
    """What `load` says about a file with this text."""
    file = folder / "gepa.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file)
    return str(caught.value).removeprefix(f"{file}")


def test_a_minimal_file_has_the_defaults_for_the_rest(tmp_path: Path) -> None:
    """Three tables are enough; relative paths are relative to the file."""
    file = tmp_path / "gepa.toml"
    file.write_text(NEEDED)
    project = load(file)
    assert project.tables.settings.minibatch == 6
    assert project.tasks_file == tmp_path / "t.jsonl"
    assert project.run_folder == tmp_path / "runs"
    assert project.folder == tmp_path.resolve()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (NEEDED + "[settings]\nminibtach = 3", ": [settings] minibtach: no such key; did you mean minibatch?"),
        (NEEDED + "[settings]\nminibatch = 0", ": [settings] minibatch: should be greater than 0 (it is 0)"),
        (NEEDED + "[setings]", ": [setings]: no such table; did you mean settings?"),
        (NEEDED.replace("[agent]", "[agnet]"), ": [agnet]: no such table; did you mean agent?"),
        (NEEDED.replace('graph = "a:b"', 'grpah = "a:b"'), ": [agent] grpah: no such key; did you mean graph?"),
        (NEEDED.replace('graph = "a:b"', ""), ": [agent] graph is missing; add it"),
        (NEEDED + "[budget]", ": [budget]: give at least one of rollouts, usd, tokens, seconds"),
        (NEEDED + "[reflection]", ": [reflection]: give exactly one of model, function, command"),
        (
            NEEDED + "[reflection]\nmodel = 'a'\ncommand = ['b']",
            ": [reflection]: give exactly one of model, function, command",
        ),
        (
            NEEDED + "[reflection]\nfunction = 'a:b'\nmax_tokens = 3",
            ": [reflection]: max_tokens can't stand beside function",
        ),
        (NEEDED + 'rubric = "Kind."', ": [metric]: give exactly one of function, evaluator, rubric, criteria"),
        (NEEDED + 'outputs = "state"', ": [metric]: outputs can't stand beside function"),
        (NEEDED + 'judge = "a/b"', ": [metric]: judge can't stand beside function"),
        (
            NEEDED.replace('function = "m:s"', 'rubric = "Kind."'),
            ': [metric]: rubric needs a judge; add for instance judge = "openai/gpt-5-mini"',
        ),
        (
            NEEDED.replace('function = "m:s"', 'rubric = "Kind."\n[metric.judge]\nmodle = "a/b"'),
            ": [metric] judge.modle: no such key; did you mean model?",
        ),
        (
            NEEDED.replace('function = "m:s"', 'rubric = "Kind."\n[metric.judge]\nmodel = "a/b"\nscale = 0'),
            ": [metric] judge.scale: should be greater than or equal to 1 (it is 0)",
        ),
        (
            NEEDED + "[tasks.columns]\nimput = 'q'",
            ": [tasks] columns.imput: no such key; did you mean input?",
        ),
        (NEEDED + "[prices.x]\ninput = 1\noutptu = 2", ': [prices."x"] outptu: no such key; did you mean output?'),
        (NEEDED + "[prices.'a/b']\ninput = 1", ': [prices."a/b"] output is missing; add it'),
        (
            "settings = 3\n" + NEEDED,
            ": [settings]: should be a table; write [settings] on a line of its own, and its keys below",
        ),
        (NEEDED + "x =", " is no TOML: invalid value (at end of document)"),
        (NEEDED + "[settings]\nsede", " is no TOML: expected '=' after a key in a key/value pair (at end of document)"),
    ],
)
def test_what_is_wrong_is_said_with_table_key_and_way_out(tmp_path: Path, text: str, said: str) -> None:
    """Each mistake gets one sentence that names the file, the place in it, and the nearest key there is."""
    assert sentence(tmp_path, text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = " + "[" * 5000, " is no TOML: it is nested too deeply"),
        ("x = " + "[" * 300 + "]" * 300, " is no TOML: it is nested too deeply"),
        ("x = " + "7" * 5000, " is no TOML: a number has too many digits"),
        (f"[settings]\nseed = {2**63}", ": [settings] seed: a number of more than 64 bits; write a smaller one"),
        ("[settings]\nseed = 0x" + "f" * 5000, ": [settings] seed: a number of more than 64 bits; write a smaller one"),
        ("[budget]\nusd = nan", ": [budget] usd: nan is no number to work with; write one, or leave the key out"),
        ("[[a]]\nb = [1, inf]", ": [a] 0.b.1: inf is no number to work with; write one, or leave the key out"),
        ("[tasks]\nfile = 'a'\n'a\tb' = \"\\u0000\"", r": [tasks] a\tb: it holds a null character; take it out"),
        ('"a\\u0000" = 1', r": [a\x00]: it holds a null character; take it out"),
        (
            NEEDED.replace('"t.jsonl"', f"[{'1, ' * 500}]"),
            ": [tasks] file: should be a path, as text (it is [1, 1, ",
        ),
    ],
    ids=["open", "deep", "digits", "65 bits", "hex", "nan", "inf", "null", "null in a key", "long"],
)
def test_whatever_toml_can_say_is_refused_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    """Nesting, numbers and characters that nothing in the file has a use for."""
    assert sentence(tmp_path, text).startswith(said)
    assert len(sentence(tmp_path, text)) < 300


def test_a_byte_order_mark_is_not_part_of_the_file(tmp_path: Path) -> None:
    """Windows' editors put one before UTF-8."""
    (tmp_path / "gepa.toml").write_bytes(b"\xef\xbb\xbf" + NEEDED.replace("\n", "\r\n").encode())
    assert load(tmp_path / "gepa.toml").tables.agent.graph == "a:b"


def test_an_unknown_key_like_no_other_lists_those_there_are(tmp_path: Path) -> None:
    """Where no key is near, all keys of the table are named."""
    assert "there are file" in sentence(tmp_path, NEEDED.replace('"t.jsonl"', '"t.jsonl"\nqqq = 1'))


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    """A missing file and a binary one are told apart."""
    with pytest.raises(ConfigError, match=r"gepa\.toml can't be read \(No such file or directory\)"):
        load(tmp_path / "gepa.toml")
    (tmp_path / "gepa.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(tmp_path / "gepa.toml")
