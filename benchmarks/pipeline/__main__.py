"""Measures how busy engines keep their workers: `python -m benchmarks.pipeline`; see README.md beside this file."""

import argparse
import asyncio
from dataclasses import replace

from benchmarks.pipeline import official, ours
from benchmarks.pipeline.scene import Gauge, Scene


def main() -> None:
    """Run everything and print the table."""
    options = _options()
    workers, proposals = options.workers, options.proposals
    print("| helpful | engine | accepted | rollouts | wall s | busy inside | rollouts alone | busy overall | alone |")
    print("|---|---|---|---|---|---|---|---|---|")
    for helpful in options.helpful:
        scene = Scene(helpful, spread=options.spread)
        for batch in options.batch:
            gauge, accepted = official.search(scene, proposals, workers, batch)
            _row(helpful, f"official, {batch} at once", accepted, gauge, workers)
        for ahead in options.ahead or [None]:
            gauge, found = asyncio.run(ours.search(scene, proposals, workers, ahead))
            _row(helpful, f"ours{'' if ahead is None else f', ahead {ahead}'}", len(found), gauge, workers)
            _, alone = asyncio.run(ours.search(_instant(scene), proposals, 1, ahead))
            _, uneven = asyncio.run(
                ours.search(replace(_instant(scene), rollout=0.005, spread=0.9), proposals, workers, ahead)
            )
            same = "the same" if found == alone == uneven else "DIFFERENT"
            print(f"\n{same} {len(alone)} accepted candidates on 1 worker and at an uneven pace\n")


def _instant(scene: Scene) -> Scene:
    return replace(scene, rollout=0.0, reflection=0.0)


def _row(helpful: float, engine: str, accepted: int, gauge: Gauge, workers: int) -> None:
    use = gauge.use(workers)
    shares = (use.inside, use.inside_rollouts, use.overall, use.overall_rollouts)
    figures = [f"{share:.0%}" for share in shares]
    print(
        f"| {helpful:g} | {engine} | {accepted} of {use.reflections} | {use.rollouts} | {use.wall:.1f} |",
        " | ".join(figures),
        "|",
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--proposals", type=int, default=32)
    parser.add_argument("--helpful", type=float, nargs="+", default=[0.28, 0.7], help="shares of proposals with a rule")
    parser.add_argument(
        "--batch", type=int, nargs="+", default=[1, 4, 8, 16], help="the official engine's proposals at once"
    )
    parser.add_argument("--ahead", type=int, nargs="*", help="our proposals in flight; without it, the default")
    parser.add_argument("--spread", type=float, default=0.0, help="each call takes up to this share less or more")
    return parser.parse_args()


if __name__ == "__main__":
    main()
