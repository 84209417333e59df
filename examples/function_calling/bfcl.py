"""Writes `tasks.jsonl` from the Berkeley Function Calling Leaderboard, as the package `bfcl-eval` carries it.

    pip install --no-deps bfcl-eval==2026.3.23      # Apache-2.0, 2 MB; its dependencies are huge and not needed here
    python examples/function_calling/bfcl.py

Two thirds of the tasks offer one function (category `simple_python`), one third two to four (`multiple`). Which tasks,
and in which split, depends on nothing but the seed and the ids, so that the file is the same on every machine.
"""

import argparse
import json
import random
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SHARES = {"simple_python": {"train": 16, "val": 16, "test": 26}, "multiple": {"train": 8, "val": 8, "test": 14}}
"""Tasks of each category in each split: 24 train, 24 val, 40 test."""
MAX_CHARS = 1400
"""Tasks with longer function schemas are left out, so that a model on a CPU reads a prompt in seconds."""


def tasks(seed: int = 0) -> list[dict[str, Any]]:
    """The selected tasks, in the form that `tasks.jsonl` has."""
    folder = data_folder()
    selected = []
    for category, shares in SHARES.items():
        answers = {row["id"]: row["ground_truth"] for row in _rows(folder / "possible_answer", category)}
        rows = [row for row in _rows(folder, category) if len(json.dumps(row["function"])) <= MAX_CHARS]
        random.Random(seed).shuffle(rows)
        for split, count in shares.items():
            chosen, rows = rows[:count], rows[count:]
            selected += [_task(row, answers[row["id"]], category, split) for row in chosen]
    return selected


def data_folder() -> Path:
    """Where the installed package keeps its data; exits with what to install when it is not there."""
    package = find_spec("bfcl_eval")
    if package is None or package.origin is None:
        raise SystemExit("the tasks come with bfcl-eval: pip install --no-deps bfcl-eval==2026.3.23")
    return Path(package.origin).parent / "data"


def _rows(folder: Path, category: str) -> list[dict[str, Any]]:
    lines = (folder / f"BFCL_v4_{category}.json").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _task(row: dict[str, Any], answer: list[Any], category: str, split: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "input": {"question": row["question"][0][0]["content"], "functions": row["function"]},
        "expected": {"category": category, "ground_truth": answer},
        "split": split,
    }


def main() -> None:
    """Write the file beside this one, or where `--out` says."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--out", type=Path, default=Path(__file__).with_name("tasks.jsonl"))
    cli.add_argument("--seed", type=int, default=0)
    options = cli.parse_args()
    lines = [json.dumps(task, ensure_ascii=False) for task in tasks(options.seed)]
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} tasks in {options.out}")


if __name__ == "__main__":
    main()
