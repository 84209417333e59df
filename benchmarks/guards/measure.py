"""How often the guard against copies refuses what is fine, and lets through what is copied.

    python benchmarks/guards/measure.py DATA NOTEBOOK.ipynb ...

Train tasks: WorkBench's 690, by domain, with their gold actions. Fine texts: what real models wrote in reflections on
other things, read from the outputs of notebooks that log GEPA's proposals (those of DSPy's GEPA tutorials do), so each
refusal is a match by chance. Copied texts: one of these with a task's words in it, in the ways that reflections copy.

Short answers: questions about WorkBench's customers, sums, HTTP's status codes, and Greek letters, each answered in a
word or a number. One answer as an example of its form is fine; one beside its question, or eight in a row, is a copy.
Where the answers are labels that tasks share, nothing is.
"""

import argparse
import csv
import json
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from gepa_agents.parts.reflection.answers import Answers
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


def short(folder: Path) -> dict[str, list[Task]]:
    """Suites of questions with short answers."""
    with (folder / "workbench" / "customer_relationship_manager_data.csv").open(encoding="utf-8") as file:
        customers = list(csv.DictReader(file))
    rng = random.Random(1)
    letters = [(unicodedata.name(chr(code), ""), code) for code in range(0x370, 0x400)]
    pairs = {
        f"customers, {column}": [
            (f"What is the {column} of {one['customer_name']}?", one[column]) for one in customers if one[column]
        ]
        for column in ("customer_email", "customer_phone", "last_contact_date", "status", "product_interest")
    }
    pairs["sums"] = [(f"What is {a} plus {b}?", str(a + b)) for a, b in (_two(rng) for _ in range(200))]
    pairs["status codes"] = [(f"Which status says {one.phrase!r}?", str(one.value)) for one in HTTPStatus]
    pairs["letters"] = [(f"What is the code point of {name}?", f"U+{code:04X}") for name, code in letters if name]
    return {
        name: [Task(id=f"short-{n}", input=question, expected=answer) for n, (question, answer) in enumerate(every)]
        for name, every in pairs.items()
    }


def _two(rng: random.Random) -> tuple[int, int]:
    return rng.randrange(500), rng.randrange(500)


def measure_short(folder: Path, texts: list[str], rng: random.Random) -> None:
    """Print how often short answers are refused, by suite."""
    print("\nshort answers: fine texts, one as an example; one beside its question, eight in a row (refused of 40)")
    for name, tasks in short(folder).items():
        train, answers = Train(tasks), Answers(tasks)
        found = [train.copied(text, [], [], []) or answers.learnt(text, [], []) for text in texts]
        learnt = [one for one in found if one is not None]
        counts = Counter[str]()
        for _ in range(40):
            text, some = rng.choice(texts), rng.sample(tasks, 8)
            ways = {
                "example": f"Answer in one line, as in {some[0].expected}.",
                "beside": f"{some[0].input} {some[0].expected}",
                "list": "Answers: " + ", ".join(str(one.expected) for one in some),
            }
            for way, words in ways.items():
                written = f"{text}\n\n{words}"
                copy = train.copied(written, [], [], []) or answers.learnt(written, [], [])
                counts[way] += copy is not None
        for one in learnt:
            print(f"  refused by chance: {one!r}")
        row = ", ".join(f"{way} {counts[way]}" for way in ("example", "beside", "list"))
        print(f"  {name:30} {len(tasks):4} tasks: fine {len(learnt)} of {len(texts)}, {row}")


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
        train, answers = Train(tasks), Answers(tasks)
        for text in texts:
            copy = train.copied(text, [], [], []) or answers.learnt(text, [], [])
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
    measure_short(given.data, texts, rng)


if __name__ == "__main__":
    main()
