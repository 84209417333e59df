"""A git repository that tests patch: written to the byte, patched with the real `git apply`, read again."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from gepa_agents_patch import Patched, patch

from gepa_agents import Component, GraphConfig, Slot


def component(text: str, *slots: str, name: str = "desk.system", **further: str | bool) -> Component:
    """A prompt of a node `desk`, unless said otherwise."""
    made = {"kind": "prompt", "node": "desk", **further, "slots": [Slot(name=slot) for slot in slots]}
    return Component.model_validate({"name": name, "text": text, **made})


def repository(folder: Path, files: Mapping[str, bytes]) -> Path:
    """A git repository with these files, none of them added yet."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def tuned(folder: Path, one: Component, text: str, *only: str) -> Patched:
    """The patch for one tuned text."""
    return patch(GraphConfig(components=(one,), texts={one.name: text}), folder, only)


def applied(folder: Path, patched: Patched) -> None:
    """Apply the patch as a user does."""
    git(folder, "apply", "-", given=patched.diff)


def git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """Run git; it must succeed."""
    own = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "PATH": "/usr/bin:/bin:/usr/local/bin"}
    done = subprocess.run(["git", *arguments], cwd=folder, input=given, capture_output=True, env=own, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout
