"""A patch puts the tuned text where the old one stood, and leaves every other byte alone, however it was written."""

import ast
import textwrap
import types
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.patched_repository import applied, component, repository, tuned

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r")
TEXT = st.lists(
    st.sampled_from(
        [
            "You help",
            "the price",
            ' "quoted" ',
            "'",
            '"""',
            "\n",
            "\n\n  - ",
            "\\",
            "\\n",
            "\t",
            " # no comment ",
            "é—☃\u202e",
            "%s",
        ]
    )
    | st.text(CHARACTERS, max_size=12),
    min_size=1,
    max_size=8,
).map("".join)
BRACES = TEXT | st.builds("{} {}".format, TEXT, st.sampled_from(["{", "}", "{}", "{{x}}", '{"a": [1]}']))
OTHERS = 'BEFORE = "{x} before\\t",  \'café\' "#"  # «»\nif True:\n\tTABBED = f"{BEFORE[0]!r:>{5}}" r"\\d"\n'
AFTER = "\nAFTER = ['''after\\\n''', b'y']"


def in_quotes(text: str) -> str:
    """As Python itself writes it."""
    return repr(text)


def in_triple_quotes(text: str) -> str:
    """As a person writes a long one, with its first line below the quotes."""
    body = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""\\\n{body}"""'


def in_pieces(text: str) -> str:
    """A piece a line, in several notations, in parentheses."""
    lines = [text[at : at + 9] for at in range(0, len(text), 9)] or [""]
    pieces = [
        repr(line)
        if number % 2
        else f'u"""{line.encode("unicode_escape").decode().replace(chr(34), chr(92) + chr(34))}"""'
        for number, line in enumerate(lines)
    ]
    return "(\n    " + "\n    ".join(pieces) + "\n)"


def as_a_default(text: str) -> str:
    """A default argument, read back."""
    return f"(lambda text={text!r}: text)()"


def as_an_f_string(text: str) -> str:
    """An f-string without a field."""
    return f"f{text.replace('{', '{{').replace('}', '}}')!r}"


def in_raw_quotes(text: str) -> str:
    """A raw string, where it can hold the text."""
    literal = f'r"""{text}"""'
    try:
        return literal if ast.literal_eval(literal) == text else repr(text)
    except SyntaxError:
        return repr(text)


WAYS: dict[str, Callable[[str], str]] = {
    function.__name__: function
    for function in (in_quotes, in_triple_quotes, in_raw_quotes, in_pieces, as_a_default, as_an_f_string)
}


def run(source: bytes) -> types.ModuleType:
    """The module that the bytes are."""
    module = types.ModuleType("patched")
    exec(compile(source, "patched.py", "exec"), vars(module))
    return module


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("encoding", "newline"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("cp1252", "\n")])
@settings(max_examples=10, deadline=None)
@given(old=BRACES, new=BRACES)
def test_the_module_reads_the_tuned_text(way: str, encoding: str, newline: str, old: str, new: str):
    """After `git apply` the module's text is the tuned one, and what stands around it is the same to the byte."""
    assume(old != new)
    first = f"# -*- coding: {encoding} -*-\n" if encoding == "cp1252" else ""
    before, after = f"{first}{OTHERS}TEXT = ", AFTER
    literal = WAYS[way](old)
    assume(encoding != "cp1252" or _fits(literal, encoding))
    source = f"{before}{literal}{after}".replace("\n", newline).encode(encoding)
    assume(old == run(source).TEXT)
    with TemporaryDirectory() as name:
        folder = repository(Path(name), {"agent/prompts.py": source})
        patched = tuned(folder, component(old), new)
        assert not patched.left
        applied(folder, patched)
        outcome = (folder / "agent/prompts.py").read_bytes()
    assert new == run(outcome).TEXT
    assert outcome.startswith(before.replace("\n", newline).encode(encoding))
    assert outcome.endswith(after.replace("\n", newline).encode(encoding.removesuffix("-sig")))


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


WORDS = st.text(
    st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"], exclude_characters="{}"), max_size=20
)


@settings(max_examples=20, deadline=None)
@given(parts=st.tuples(WORDS, WORDS, WORDS), new=st.permutations([0, 1, 0]), fixed=st.tuples(*[BRACES] * 4))
def test_an_f_strings_fields_stay(parts: tuple[str, str, str], new: list[int], fixed: tuple[str, ...]):
    """Slots become the fields that they were, wherever and how often the tuned text has them; braces stay braces."""
    fields = ("{values['a']!r:>{width}}", "{len(values)}")
    names = ("{first}", "{count}")
    assume(not any(name in "".join(fixed) for name in names))
    old = parts[0] + names[0] + parts[1] + names[1] + parts[2]
    own = parts[0] + fields[0] + parts[1] + fields[1] + parts[2]
    text = fixed[0] + "".join(names[number] + rest for number, rest in zip(new, fixed[1:], strict=True))
    assume(text != old)
    body = own.replace("\\", "\\\\").replace('"', '\\"')
    source = f'def filled(values, width=4):\n    return f"{body}"\n'
    with TemporaryDirectory() as name:
        folder = repository(Path(name), {"prompts.py": source.encode()})
        patched = tuned(folder, component(old, "first", "count"), text)
        assert not patched.left
        applied(folder, patched)
        outcome = run((folder / "prompts.py").read_bytes())
    values = {"a": "{count}"}
    assert outcome.filled(values) == text.replace("{count}", "1").replace("{first}", f"{values['a']!r:>4}")


LINES = st.lists(
    st.text(st.characters(codec="utf-8", categories=["L", "P"], exclude_characters='"\\{}'), min_size=1, max_size=9),
    min_size=1,
    max_size=5,
)


@settings(max_examples=20, deadline=None)
@given(old=LINES, new=LINES)
def test_a_margin_stays(old: list[str], new: list[str]):
    """A text that is dedented and stripped in the code keeps its margin, and comes out as the tuned one."""
    assume(old != new)
    body = textwrap.indent("\n".join(old), "        ")
    source = f'from textwrap import dedent\n\n\ndef text():\n    return dedent("""\n{body}\n    """).strip()\n'
    with TemporaryDirectory() as name:
        folder = repository(Path(name), {"prompts.py": source.encode()})
        patched = tuned(folder, component("\n".join(old)), "\n".join(new))
        assert not patched.left
        applied(folder, patched)
        outcome = (folder / "prompts.py").read_bytes()
    assert run(outcome).text() == "\n".join(new)
    if len(old) > 1:  # a single line could have been stripped without being dedented
        assert all(line.startswith("        ") for line in outcome.decode().splitlines()[5:-1])


@settings(max_examples=20, deadline=None)
@given(old=BRACES, new=BRACES, newline=st.sampled_from(["\n", "\r\n"]), mark=st.sampled_from(["utf-8", "utf-8-sig"]))
def test_a_text_file_reads_the_tuned_text(old: str, new: str, newline: str, mark: str):
    """A prompt in a file of its own: the tuned text, in the file's own line ends."""
    assume(old != new and any(character.isalnum() for character in old))
    content = old.replace("\n", newline).encode(mark)
    with TemporaryDirectory() as name:
        folder = repository(Path(name), {"the prompts/desk «1».md": content})
        patched = tuned(folder, component(old), new)
        assert not patched.left
        applied(folder, patched)
        outcome = (folder / "the prompts/desk «1».md").read_bytes()
    own = newline if "\n" in old else "\n"
    assert outcome == new.replace("\n", own).encode(mark)
