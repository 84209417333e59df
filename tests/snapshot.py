"""Snapshots: texts kept in files, so that a change of what a model is asked is seen in review."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "unit" / "snapshots"


def kept(name: str, text: str) -> str:
    """What the snapshot file holds; with `UPDATE_SNAPSHOTS=1` in the environment it is written anew first."""
    path = FOLDER / name
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        path.write_text(text + "\n", encoding="utf-8")
    return path.read_text(encoding="utf-8").removesuffix("\n")
