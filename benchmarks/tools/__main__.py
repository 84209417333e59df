"""Prompts only against prompts and tools, on the same budget: `python -m benchmarks.tools`; see README.md."""

import argparse
import asyncio
import json
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from benchmarks.search.course import Course
from benchmarks.tools.families import FAMILIES
from benchmarks.tools.search import TUNED, search
from benchmarks.tools.table import markdown


def course(family: str, seed: int, setting: str, budget: int) -> Course:
    """One search."""
    return asyncio.run(search(FAMILIES[family](seed), family, budget, setting))


def main() -> None:
    """Run what the command line asks for, and print the tables."""
    options = _options()
    if options.again:
        kept = Path(options.again).read_text(encoding="utf-8").splitlines()
        print(markdown([Course.of(json.loads(line)) for line in kept]))
        return
    families = list(FAMILIES) if options.families == "all" else options.families.split(",")
    if unknown := [family for family in families if family not in FAMILIES]:
        sys.exit(f"unknown: {', '.join(unknown)}; families are {', '.join(FAMILIES)}")
    first, _, last = options.seeds.partition("-")
    jobs = [
        (family, seed, setting, options.budget)
        for seed in range(int(first), int(last or first) + 1)
        for family in families
        for setting in TUNED
    ]
    courses = []
    with ProcessPoolExecutor(options.workers) as pool:
        for done in as_completed([pool.submit(course, *job) for job in jobs]):
            courses.append(done.result())
            if options.raw:
                with Path(options.raw).open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(courses[-1].document()) + "\n")
    print(markdown(courses))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tools", description=__doc__)
    parser.add_argument("--families", default="all", help="names with commas, or all")
    parser.add_argument("--seeds", default="1000-1019", help="below 100 for development, from 1000 on for figures")
    parser.add_argument("--budget", type=int, default=400, help="rollouts of one search")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--raw", help="append each search to this file, as a line of JSON")
    parser.add_argument("--again", help="make the tables from such a file, without a search")
    return parser.parse_args()


if __name__ == "__main__":
    main()
