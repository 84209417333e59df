"""How often the guard against copies refuses what is fine, and lets through what is copied.

    python benchmarks/guards/measure.py DATA NOTEBOOK.ipynb ...

Train tasks: WorkBench's 690, by domain, with their gold actions. Fine texts: what real models wrote in reflections on
other things, read from the outputs of notebooks that log GEPA's proposals (those of DSPy's GEPA tutorials do), so each
refusal is a match by chance. Copied texts: one of these with a task's words in it, in the ways that reflections copy.
"""

import argparse
import csv
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from gepa_agents.parts.reflection.copying import Train
from gepa_agents.words.task import Task

_LINE = re.compile(r"(?=\d{4}/\d\d/\d\d \d\d:\d\d:\d\d INFO )")
_PROPOSED = re.compile(r"Proposed new text for [\w.]+: (.*)", re.DOTALL)


def proposals(notebook: Path) -> Iterator[str]:
    """The texts that a notebook's log says were proposed."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        outputs = cell.get("outputs", [])
        logged = "".join(text for one in outputs for text in one.get("text", one.get("data", {}).get("text/plain", [])))
        yield from (found[1].strip() for entry in _LINE.split(logged) if (found := _PROPOSED.search(entry)))


def suites(folder: Path) -> dict[str, list[Task]]:
    """WorkBench's tasks, by domain."""
    found: dict[str, list[Task]] = {}
    for path in sorted((folder / "workbench" / "queries_and_answers").glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            found[path.stem.removesuffix("_queries_and_answers")] = [
                Task(id=f"{path.stem}-{number}", input=row["query"], expected=row["answer"])
                for number, row in enumerate(csv.DictReader(file))
            ]
    return found


def copies(task: Task) -> dict[str, str]:
    """The ways to copy a task."""
    answer = " ".join(str(task.expected).strip("[]'\"").split())
    ways = {
        "the answer": f"When in doubt, do this: {answer}",
        "the input and the answer": f'For instance, "{task.input}" is answered by {answer}',
        "the input": f"Requests look like this one: {task.input}",
        "the id": f"As in {task.id}, look it up first.",
    }
    return ways if answer else {way: words for way, words in ways.items() if "answer" not in way}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds `workbench` (olly-styles/WorkBench) and `tau_bench`")
    parser.add_argument("notebooks", type=Path, nargs="*", help="notebooks with logs of GEPA")
    given = parser.parse_args()
    texts = [text for notebook in given.notebooks for text in proposals(notebook)] or ["You are helpful."]
    rng = random.Random(0)
    refused, caught, tried = Counter[str](), Counter[str](), Counter[str]()
    for domain, tasks in suites(given.data).items():
        train = Train(tasks)
        for text in texts:
            copy = train.copied(text, [], [], [])
            refused[domain] += copy is not None
            if copy is not None:
                print(f"refused by chance ({domain}): {copy!r}")
        for task in rng.sample(tasks, 40):
            for way, words in copies(task).items():
                tried[way] += 1
                if train.copied(f"{rng.choice(texts)}\n\n{words}", [], [], []) is not None:
                    caught[way] += 1
                elif way == "the answer" and rng.random() < 0.2:
                    print(f"let through ({domain}): {words!r}")
    print(f"\n{len(texts)} fine texts, refused by the tasks of: {dict(refused)}")
    print("copies refused: " + ", ".join(f"{way} {caught[way]} of {count}" for way, count in tried.items()))


if __name__ == "__main__":
    main()
