"""The user's files: those that git knows or would know, or else those below a folder that look like a project's."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from gepa_agents.words.errors import ConfigError
from gepa_agents_patch.places import SourceFile

TEXTS = (".txt", ".md", ".markdown", ".prompt", ".jinja", ".jinja2", ".j2", ".tmpl", ".tpl")
"""Endings of files that may be a prompt as a whole."""
LARGEST = 1_000_000
"""Bytes of a file that is looked at."""
STRANGE = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "dist", "build"})


@dataclass(frozen=True)
class Repository:
    """A folder, and where its patch is to be applied."""

    root: Path
    """What is looked through."""
    top: Path
    """The top of the git repository, or `root` where there is none: paths in a patch begin there."""
    under_git: bool

    @classmethod
    def at(cls, root: Path) -> "Repository":
        """The repository around `root`; `ConfigError` when there is no such folder."""
        if not root.is_dir():
            raise ConfigError(f"root: there is no folder {root}; name the one with the agent's code")
        root = root.resolve()
        answer = _git(root, "rev-parse", "--show-toplevel")
        top = None if answer is None else Path(os.fsdecode(answer.rstrip(b"\n")))
        return cls(root, top or root, top is not None)

    def files(self, only: Sequence[str] = ()) -> Iterator[SourceFile]:
        """The files that may hold a prompt, by path; with `only`, those that match one of the patterns."""
        for path in sorted(set(self._paths())):
            name = path.relative_to(self.top).as_posix()
            if only and not any(fnmatch(name, one) or fnmatch(name, f"{one.rstrip('/')}/*") for one in only):
                continue
            try:
                if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
                    continue
                raw = path.read_bytes()
            except OSError:  # what the user may not read, Python does not import either
                continue
            file = SourceFile.of(name, raw)
            if file is not None:
                yield file

    def _paths(self) -> Iterator[Path]:
        endings = (".py", *TEXTS)
        if self.under_git:
            listed = _git(self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard") or b""
            known = (os.fsdecode(name) for name in listed.split(b"\0"))
            yield from (self.root / name for name in known if name.endswith(endings))
            return
        for folder, folders, names in os.walk(self.root):
            folders[:] = [one for one in folders if not one.startswith(".") and one not in STRANGE]
            yield from (Path(folder, name) for name in names if name.endswith(endings))


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git says; None when it is not there, or the folder is not under it."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)  # noqa: S603, S607
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
