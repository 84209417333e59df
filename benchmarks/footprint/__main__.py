"""What it costs to have a package: how many it brings, how large they are, and how long its import takes.

    python -m benchmarks.footprint [NAME …]

Each is installed by pip from the registry into a new virtual environment; ours is this working tree. Size is of
site-packages as installed, pip itself not counted; it includes compiled bytecode. Import time is CPU time (user and
system) of a new interpreter that imports it, less one that imports nothing: the median of the runs after the first.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
RUNS = 7


@dataclass(frozen=True)
class Peer:
    """Something to install and what its users import first."""

    requirement: str
    imports: tuple[str, ...]


PEERS = {
    "gepa-agents": Peer(str(REPOSITORY), ("gepa_agents", "gepa_agents_langgraph", "gepa_agents_litellm")),
    "langgraph": Peer("langgraph", ("langgraph.graph",)),
    "gepa": Peer("gepa", ("gepa",)),
    "langchain-gepa-adapter": Peer("langchain-gepa-adapter", ("langchain_gepa_adapter",)),
    "pydantic-gepa": Peer("pydantic-gepa", ("pydantic_gepa",)),
    "gepa-adk": Peer("gepa-adk", ("gepa_adk",)),
    "dspy": Peer("dspy", ("dspy",)),
    "opik-optimizer": Peer("opik-optimizer", ("opik_optimizer",)),
    "mlflow": Peer("mlflow", ("mlflow", "mlflow.genai")),
    "deepeval": Peer("deepeval", ("deepeval",)),
}


def main(names: list[str]) -> None:
    """Measure and print a table row for each peer, as it is there."""
    print("| package | version | packages | MB | import | CPU s |\n|---|---|---|---|---|---|")
    for name in names or list(PEERS):
        with tempfile.TemporaryDirectory() as folder:
            measure(name, PEERS[name], Path(folder))


def measure(name: str, peer: Peer, folder: Path) -> None:
    """Install one and print its rows."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    installed = run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", peer.requirement)
    if installed.returncode:
        print(f"| {name} | can't be installed: {installed.stderr.strip().splitlines()[-1]} | | | | |")
        return
    listed = run(python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check").stdout.split()
    mine = [line.split("==") for line in listed if line.split("==")[0] not in ("pip", "setuptools")]
    version = next((number[0] for found, *number in mine if found.replace("_", "-") == name and number), "this tree")
    site = next((folder / "lib").glob("python*/site-packages"))
    size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file() and not file.is_symlink())
    size -= sum(file.stat().st_size for file in (site / "pip").rglob("*") if file.is_file())
    nothing = seconds(python, "pass")
    for position, module in enumerate(peer.imports):
        facts = f"{name} | {version} | {len(mine)} | {size / 1e6:.0f}" if position == 0 else " | | | "
        took = seconds(python, f"import {module}")
        cost = "fails" if took is None or nothing is None else f"{took - nothing:.2f}"
        print(f"| {facts} | `{module}` | {cost} |", flush=True)


def seconds(python: Path, code: str) -> float | None:
    """CPU seconds of an interpreter that runs the code; None when it fails."""
    taken = []
    for _ in range(RUNS):
        before = os.times()
        if run(python, "-c", code).returncode:
            return None
        after = os.times()
        taken.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return statistics.median(taken[1:])


def run(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run that environment's Python; LiteLLM, wherever it is, does not fetch its price list from the network."""
    env = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    return subprocess.run([str(python), *arguments], capture_output=True, text=True, check=False, env=env)  # noqa: S603


if __name__ == "__main__":
    main(sys.argv[1:])
