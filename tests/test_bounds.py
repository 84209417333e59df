"""The oldest versions that are tested are the oldest that are declared."""

import re
import tomllib
from pathlib import Path

from packaging.version import Version

REPOSITORY = Path(__file__).parents[1]
LOWEST = re.compile(r"^([\w-]+)>=([\d.]+)")


def test_the_oldest_versions_tested_are_the_lower_bounds():
    """Each dependency is pinned to its lower bound in `.ci/oldest.txt`, so that no bound is a guess."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {}
    for requirement in project["dependencies"]:
        bound = LOWEST.match(requirement)
        assert bound, f"{requirement} has no lower bound"
        declared[bound[1]] = Version(bound[2])
    lines = (REPOSITORY / ".ci" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    pins = {name: Version(version) for name, _, version in (line.partition("==") for line in lines) if version}
    assert {name: pins.get(name) for name in declared} == declared
