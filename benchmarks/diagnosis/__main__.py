"""Measures the checks: `python -m benchmarks.diagnosis FOLDER` prints precision and recall, check by check.

FOLDER holds `workbench/` and `tau_bench/`; see README.md for what is in them and where they come from.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.diagnosis import labels, synthetic, tau_bench, workbench
from benchmarks.diagnosis.scoring import count
from benchmarks.diagnosis.trace import Trace
from gepa_agents.parts.feedback.cohort import Cohort
from gepa_agents.parts.feedback.diagnosis import Diagnosis

READ_UP_TO = 200
"""Characters of a finding that `--show` prints."""


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis", description=__doc__)
    parser.add_argument("folder", type=Path, help="where workbench/ and tau_bench/ are")
    parser.add_argument(
        "--half", choices=("tuning", "held out", "both"), default="held out", help="of the recorded runs"
    )
    parser.add_argument("--show", metavar="CHECK", help="list what this check gets wrong, in place of the table")
    given = parser.parse_args()
    sources = {"workbench": workbench.read, "tau_bench": tau_bench.read}
    read = [
        trace
        for name, reader in sources.items()
        if (given.folder / name).is_dir()
        for trace in reader(given.folder / name)
    ]
    recorded = list(labels.labelled(read, labels.read()))
    simulated = list(synthetic.read())
    found = findings([*recorded, *simulated])
    half = [trace for trace in recorded if given.half in (trace.half, "both")]
    if given.show:
        show(given.show, [*half, *simulated], found)
    else:
        print(f"{len(half)} of {len(recorded)} recorded runs (the half {given.half!r}), {len(simulated)} simulated\n")
        print(table(half, simulated, found))


def findings(traces: Iterable[Trace]) -> dict[str, dict[str, str]]:
    """What is found in each trace: by its id, the names of the checks with a sentence of each."""
    cohorts: dict[str, list[Trace]] = defaultdict(list)
    for trace in traces:
        cohorts[_kin(trace)].append(trace)
    found = {}
    for members in cohorts.values():
        diagnosis = Diagnosis(cohort=Cohort.of([trace.case for trace in members]))
        for trace in members:
            found[trace.id] = {finding.check: finding.sentence for finding in diagnosis.of(trace.case)}
    return found


def _kin(trace: Trace) -> str:
    """Which traces are looked at together: runs of one suite's domain, by whichever model."""
    return "/".join(trace.cohort.split("/")[:2])


def table(recorded: Sequence[Trace], simulated: Sequence[Trace], found: Mapping[str, Mapping[str, str]]) -> str:
    """The table, as Markdown."""
    fired = {identifier: frozenset(by_check) for identifier, by_check in found.items()}
    lines = [
        "| check | recorded: faults / judged | precision | recall | simulated: faults | precision | recall |",
        "|---|---|---|---|---|---|---|",
    ]
    for check in synthetic.ALL:
        real, made = count(recorded, fired, check), count(simulated, fired, check)
        lines.append(
            f"| `{check}` | {real.positives} / {real.judged} | {real.precision} | {real.recall} "
            f"| {made.positives} | {made.precision} | {made.recall} |"
        )
    return "\n".join(lines)


def show(check: str, traces: Iterable[Trace], found: Mapping[str, Mapping[str, str]]) -> None:
    """Print where the check and the label differ, and what it found where nothing is labelled."""
    for trace in traces:
        label, sentence = trace.labels.get(check), found[trace.id].get(check)
        if label is not None and label != (sentence is not None):
            print(f"{'missed' if label else 'WRONG '} {trace.id} {(sentence or '')[:READ_UP_TO]}")
        elif label is None and sentence:
            print(f"unread {trace.id} {sentence[:READ_UP_TO]}")


if __name__ == "__main__":
    main()
