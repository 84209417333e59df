"""Compares search engines on invented worlds: `python -m benchmarks.search`; see README.md beside this file."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from time import monotonic

from benchmarks.search import official, ours
from benchmarks.search.course import Course
from benchmarks.search.families import FAMILIES
from benchmarks.search.table import Comparison, markdown

BUDGETS = (150, 300, 600, 1000)
"""Rollouts after which the engines' candidates are compared."""


def search(engine: str, family: str, seed: int, budget: int) -> Course:
    """One search: `ours`, `ours:variant`, or a setting of the official engine."""
    world = FAMILIES[family](seed)
    name, _, variant = engine.partition(":")
    try:
        if name == "ours":
            return asyncio.run(ours.search(world, family, budget, variant))
        return official.search(world, family, budget, engine)
    except Exception as error:
        error.add_note(f"in the search of {engine} in {family}, seed {seed}, budget {budget}")
        raise


def searches(jobs: Sequence[tuple[str, str, int, int]], workers: int) -> Iterator[Course]:
    """All of them, as they end, each in a process of a pool."""
    with ProcessPoolExecutor(workers) as pool:
        pending = [pool.submit(search, *job) for job in jobs]
        for done in as_completed(pending):
            yield done.result()


def main() -> None:
    """Run what the command line asks for, and print the tables."""
    options = _options()
    raw = Path(options.raw) if options.raw else None
    if options.again:
        courses = [course for path in options.again for course in _read(Path(path))]
    else:
        courses = _run(options, raw)
    engines = options.engines.split(",")
    courses = [course for course in courses if course.engine in engines]
    courses.sort(key=lambda course: (list(FAMILIES).index(course.family), course.seed, engines.index(course.engine)))
    budgets = [budget for budget in BUDGETS if budget <= max(course.budget for course in courses)]
    print(markdown(Comparison(courses, engines[0]), budgets, full=options.full))


def _run(options: argparse.Namespace, raw: Path | None) -> list[Course]:
    engines = options.engines.split(",")
    known = {*official.SETTINGS, *(f"ours:{name}" if name else "ours" for name in ours.VARIANTS)}
    families = list(FAMILIES) if options.families == "all" else options.families.split(",")
    if unknown := [name for name in engines if name not in known] + [name for name in families if name not in FAMILIES]:
        sys.exit(
            f"unknown: {', '.join(unknown)}; engines are {', '.join(sorted(known))}; families {', '.join(FAMILIES)}"
        )
    jobs = [
        (engine, family, seed, options.budget)
        for family in families
        for seed in _seeds(options.seeds)
        for engine in engines
    ]
    started, courses = monotonic(), []
    for course in searches(jobs, options.workers):
        courses.append(course)
        if raw is not None:
            with raw.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(course.document()) + "\n")
        if sys.stderr.isatty():
            print(f"\r{len(courses)}/{len(jobs)} searches, {monotonic() - started:.0f} s", end="", file=sys.stderr)
    print(f"\n{len(jobs)} searches in {monotonic() - started:.0f} s", file=sys.stderr)
    return courses


def _read(path: Path) -> list[Course]:
    return [Course.of(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _seeds(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--families", default="all", help="names with commas, or all")
    parser.add_argument("--seeds", default="0-9", help="below 100 for development, from 1000 on for figures to report")
    parser.add_argument("--budget", type=int, default=1000, help="rollouts of one search")
    parser.add_argument("--engines", default="ours,default", help="the first is compared with each of the others")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--full", action="store_true", help="quartiles over the seeds beside the intervals")
    parser.add_argument("--raw", help="append each search to this file, as a line of JSON")
    parser.add_argument("--again", nargs="+", help="make the tables from such files, without a search")
    return parser.parse_args()


if __name__ == "__main__":
    main()
