"""What a patch does to the files that people have, and what it leaves to them, with the reason."""

import runpy
from pathlib import Path

import pytest
from gepa_agents_patch import patch

from gepa_agents import ConfigError, GraphConfig, export
from tests.patched_repository import applied, component, git, repository, tuned

OWN = "You help in a shop. Be brief."
NEW = 'You help in a shop. Say {"price": 1} first.'


def patched(folder: Path, files: dict[str, str], text: str, new: str, *slots: str, **further: str | bool) -> str:
    """The first file after the patch was made and applied."""
    repository(folder, {name: content.encode() for name, content in files.items()})
    done = tuned(folder, component(text, *slots, **further), new)
    assert not done.left
    applied(folder, done)
    return (folder / next(iter(files))).read_bytes().decode()


def reason(folder: Path, source: str, text: str, new: str, *slots: str, path: str = "agent.py") -> str:
    """Why the text is not in the patch."""
    done = tuned(repository(folder, {path: source.encode()}), component(text, *slots), new)
    assert not done.diff
    return done.left[0].reason


def test_lines_that_stay_keep_their_notation(tmp_path: Path):
    """Only the changed line of a long literal is in the diff: escapes and line ends of the others are as they were."""
    source = 'P = """\\\nBe caf\\u00e9.\nBe \\\n  long.\nBye.\n"""  # mine\r\nQ = 1'
    done = patched(tmp_path, {"p.py": source}, "Be café.\nBe   long.\nBye.\n", "Be café.\nBe   long.\nAlways.\nBye.\n")
    assert done == source.replace("Bye.", "Always.\nBye.")


def test_pieces_that_stay_keep_their_comments(tmp_path: Path):
    """Of a text in several pieces those at its ends stay; what comes between is written in pieces of its own."""
    source = 'P = (\n    "One. "  # first\n    "Two. "\n    f"Three. "\n)\n'
    new = f"One. {'A longer sentence. ' * 7}Three. "
    done = patched(tmp_path, {"p.py": source}, "One. Two. Three. ", new)
    middle = done.removeprefix('P = (\n    "One. "  # first\n').removesuffix('    f"Three. "\n)\n')
    assert len(middle.splitlines()) == 2
    assert all(len(line) < 110 for line in middle.splitlines())
    assert runpy.run_path(str(tmp_path / "p.py"))["P"] == new


TOOL = (
    "from langchain_core.tools import tool\n\n\ndef made():\n    @tool\n"
    '    def find(city: str) -> str:\n        """Find a thing.\n\n        Anything.\n        """\n'
    "        return city\n\n    return find\n"
)


def test_a_tools_docstring_becomes_the_tuned_description(tmp_path: Path):
    """What LangChain reads from the function, margin included, is the tuned text to the letter."""
    (tmp_path / "old.py").write_text(TOOL)
    own = runpy.run_path(str(tmp_path / "old.py"))["made"]().description
    (tmp_path / "old.py").unlink()
    new = 'Find a "thing" in {city}.\n\n- first this\n  - then that\nNever guess.'
    further = {"name": "tools.find.description", "kind": "tool_description", "tool": "find", "node": ""}
    patched(tmp_path, {"t.py": TOOL}, own, new, **further)
    assert runpy.run_path(str(tmp_path / "t.py"))["made"]().description == new


def test_a_docstring_whose_margin_is_cut_is_laid_out_as_code(tmp_path: Path):
    """Where the margin is known not to be part of the text, the new lines get it, too."""
    further = {"name": "tools.find.description", "kind": "tool_description", "tool": "find", "node": ""}
    done = patched(tmp_path, {"t.py": TOOL}, "Find a thing.\n\nAnything.", "Find it.\n\n- a\n  - b", **further)
    assert done == TOOL.replace("Find a thing.", "Find it.").replace("Anything.", "- a\n          - b")


def test_a_jinja_file_keeps_its_fields(tmp_path: Path):
    """Slots of a template file are its fields as they were written, filters too."""
    source = "You help in {{ city | title }}.\r\nBe brief.\r\n"
    done = patched(tmp_path, {"desk.j2": source}, "You help in {city}.\nBe brief.\n", "In {city}: {x}.\nBye.", "city")
    assert done == "In {{ city | title }}: {x}.\r\nBye."


def test_a_template_of_str_format_keeps_its_fields(tmp_path: Path):
    """With doubled braces in the old text it is known to be a template, and the tuned braces are doubled."""
    source = 'P = "Say {{x}} in {city!r:>5}."\nT = P.format(city=1)\n'
    done = patched(tmp_path, {"p.py": source}, "Say {x} in {city}.", "In {city} {city} say {y}.", "city")
    assert done == 'P = "In {city!r:>5} {city!r:>5} say {{y}}."\nT = P.format(city=1)\n'


def test_a_registered_prompt_has_no_doubled_braces(tmp_path: Path):
    """`prompt(...)` fills in its slots only, so braces are braces, whatever else the code formats."""
    source = 'prompt("desk", "You help in {city}.", city="{}".format(city))\n'
    done = patched(tmp_path, {"p.py": source}, "You help in {city}.", "{a} in {city}", "city", registered=True)
    assert done.startswith('prompt("desk", "{a} in {city}", city=')


@pytest.mark.parametrize(
    ("source", "slots", "why"),
    [
        (f'P = "{OWN}"\nT = "{{x}}".format(x=1)\n', (), "whether they are to be doubled there"),
        ('P = (\n    "You help in "  # a shop\n    "a shop. Be brief."\n)\n', (), ""),
        ('P = ("You help"  # how\n " in a shop. "\n "Be brief.")\nQ = "{}"\n', (), ""),
        (f'P = "{OWN}"[:]\nQ = ["{OWN}"]\n', (), "it stands in 2 places: agent.py:1, agent.py:2; name the right one"),
        (f'P = "You help in a shop. " + STYLE\nQ = "{OWN} Bye."\n', (), "its beginning stands in agent.py:2"),
        ("P = NAME + STYLE\n", (), "no literal and no file reads so"),
        ('P = b"You help in a shop. Be brief."\n', (), "its beginning stands in agent.py:1"),
        (f'P = "{OWN}" if', (), "its beginning stands in agent.py:1"),
    ],
)
def test_nothing_is_guessed(tmp_path: Path, source: str, slots: tuple[str, ...], why: str):
    """What stands twice, in part only, not at all, or in a way that is not clear is left, and the reason says why."""
    done = tuned(repository(tmp_path, {"agent.py": source.encode()}), component(OWN, *slots), NEW)
    if why:
        assert not done.diff
        assert why in done.left[0].reason
    else:
        applied(tmp_path, done)
        assert runpy.run_path(str(tmp_path / "agent.py"))["P"] == NEW


def test_comments_between_pieces_are_not_lost(tmp_path: Path):
    """A comment that belongs to a piece which goes can't stay, so the text is left."""
    source = 'P = (\n    "One. "\n    "Two. "  # why\n    "Three."\n)\n'
    assert "comments stand between its pieces" in reason(tmp_path, source, "One. Two. Three.", "Another.")


def test_jinjas_own_signs_are_not_written_into_a_template(tmp_path: Path):
    """A tuned text that Jinja would read as a field can't be written into a template of Jinja's."""
    said = reason(tmp_path, "In {{ city }}.", "In {city}.", "In {city}: {{x}}", "city", path="desk.j2")
    assert "desk.j2: the tuned text would not come out of it as it is" in said


def test_a_place_can_be_named(tmp_path: Path):
    """Of several places that read the same, the one that is named is patched: by its file, or by its line."""
    source = f'P = "{OWN}"\nQ = "{OWN}"\n'.encode()
    repository(tmp_path, {"a.py": source, "tests/b.py": source})
    one = component(OWN)
    assert "4 places" in tuned(tmp_path, one, "New.").left[0].reason
    assert "2 places" in tuned(tmp_path, one, "New.", "tests").left[0].reason
    done = tuned(tmp_path, one, "New.", "a.py:2")
    assert [placed.place for placed in done.placed] == ["a.py:2"]
    applied(tmp_path, done)
    assert (tmp_path / "a.py").read_text() == f'P = "{OWN}"\nQ = "New."\n'


def test_one_text_for_two_prompts_changes_for_both_or_not_at_all(tmp_path: Path):
    """A constant that two nodes share is patched when both want the same, and left when one stays as it is."""
    repository(tmp_path, {"a.py": f'P = "{OWN}"\n'.encode()})
    both = (component(OWN), component(OWN, name="other.system", node="other"))
    left = patch(GraphConfig(components=both, texts={"desk.system": "New."}), tmp_path).left
    assert "serves `other.system` too" in left[0].reason
    done = patch(GraphConfig(components=both, texts={"desk.system": "New.", "other.system": "New."}), tmp_path)
    assert [placed.component for placed in done.placed] == ["desk.system", "other.system"]
    applied(tmp_path, done)
    assert (tmp_path / "a.py").read_text() == 'P = "New."\n'


def test_only_files_of_the_repository_count(tmp_path: Path):
    """Ignored files and links are not looked at; from a folder inside, paths are those from the top."""
    files = {"src/a.py": f'P = "{OWN}"\n', ".gitignore": "venv/\n", "venv/copy.py": f'P = "{OWN}"\n'}
    repository(tmp_path, {name: content.encode() for name, content in files.items()})
    (tmp_path / "src/link.py").symlink_to("a.py")
    done = patch(GraphConfig(components=(component(OWN),), texts={"desk.system": "New."}), tmp_path / "src")
    assert done.top == tmp_path.resolve()
    assert b"+++ b/src/a.py\n" in done.diff
    git(tmp_path, "apply", "--check", "-", given=done.diff)


def test_a_folder_without_git_is_patched_from_itself(tmp_path: Path):
    """Outside of git, hidden folders and environments are passed over, and the patch begins at the folder."""
    for path in ("agent/a.py", "venv/lib/a.py", ".cache/a.py"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(f'P = "{OWN}"\n')
    done = patch(GraphConfig(components=(component(OWN),), texts={"desk.system": "New."}), tmp_path)
    assert [placed.place for placed in done.placed] == ["agent/a.py:1"]
    git(tmp_path, "apply", "-", given=done.diff)
    assert (tmp_path / "agent/a.py").read_text() == 'P = "New."\n'


def test_the_form_tells_what_is_in_the_patch_and_what_is_not(tmp_path: Path):
    """Remarks name each place, and each text that is left; with nothing to write it is an error."""
    repository(tmp_path, {"a.py": f'P = "{OWN}"\n'.encode()})
    other = component("Built at run time.", name="other.system", node="other")
    config = GraphConfig(components=(component(OWN), other), texts={"desk.system": "New.", "other.system": "New."})
    exported = export(config, "patch", root=str(tmp_path))
    assert f"for `git apply` in {tmp_path.resolve()}: `desk.system` at a.py:1" in exported.remarks[0]
    assert exported.remarks[1].startswith("not in the patch: `other.system`: no literal and no file reads so")
    with pytest.raises(ConfigError, match=r"no text can be patched: `other\.system`: no literal"):
        export(config.model_copy(update={"texts": {"other.system": "New."}}), "patch", root=str(tmp_path))
    with pytest.raises(ConfigError, match="nothing to patch"):
        export(GraphConfig(components=(other,)), "patch", root=str(tmp_path))
    with pytest.raises(ConfigError, match="there is no folder"):
        export(config, "patch", root=str(tmp_path / "nowhere"))


def test_a_file_that_is_no_business_of_the_patch_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A generated sum of thousands of terms, and a file that the user may not read."""
    long = "x = " + " + ".join(['"own words"'] * 5000) + "\n"
    files = {"agent.py": f'P = "{OWN}"\n', "generated.py": long, "secret.py": "own = 1\n"}
    repository(tmp_path, {name: content.encode() for name, content in files.items()})
    read = Path.read_bytes

    def guarded(path: Path) -> bytes:
        if path.name == "secret.py":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", guarded)
    done = tuned(tmp_path, component(OWN), "New.")
    assert [placed.place for placed in done.placed] == ["agent.py:1"]
