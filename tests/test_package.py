"""What is shipped: a wheel, built from the sdist, that works where this repository is not."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PACKAGES = (
    "gepa_agents",
    "gepa_agents_cli",
    "gepa_agents_datasets",
    "gepa_agents_evaluators",
    "gepa_agents_gepa",
    "gepa_agents_langgraph",
    "gepa_agents_langsmith",
    "gepa_agents_litellm",
    "gepa_agents_mlflow",
    "gepa_agents_patch",
    "gepa_agents_pytest",
    "gepa_agents_report",
    "gepa_agents_traces",
)
EXTRA = {"gepa_agents_gepa"}
"""Packages that need an extra of the distribution."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, by way of the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "-o", str(folder), str(REPOSITORY)], check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert any(name.endswith("adapters/gepa_agents_langgraph/agent.py") for name in archive.getnames())
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_every_package_on_the_shelf(wheel: Path):
    """All import packages are in it, typed, and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for package in PACKAGES:
        assert f"{package}/__init__.py" in names
        assert f"{package}/py.typed" in names
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_works_in_an_environment_of_its_own(wheel: Path, tmp_path: Path):
    """Installed with its dependencies and nothing else, everything imports and the command answers."""
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "-q", str(wheel)], check=True, capture_output=True)
    bare = ", ".join(sorted(set(PACKAGES) - EXTRA))
    script = f"import {bare}; print(gepa_agents.optimize.__name__, gepa_agents_langgraph.wrap.__name__)"
    run = subprocess.run([str(python), "-I", "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert run.stdout == "optimize wrap\n"
    command = [str(python.parent / "gepa-agents"), "--help"]
    assert "optimize" in subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
