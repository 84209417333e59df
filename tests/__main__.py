"""Every check there is, in one command: `python -m tests`. What a developer runs, the README shows and CI calls."""

import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PYTHON = sys.executable

GATES = {
    "lint": [PYTHON, "-m", "ruff", "check", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "mypy": [PYTHON, "-m", "mypy"],
    "pyright": [PYTHON, "-m", "pyright", "--pythonpath", PYTHON],
    # Last, so that its closing line is the last thing one reads. Wheel and sdist are among its tests.
    # Properties take the same examples each time here, and random ones when pytest is called by itself.
    "pytest": [PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--hypothesis-profile=ci"],
}


def main(names: list[str]) -> int:
    """Run the named gates, or all; the exit code is that of the first that fails."""
    unknown = set(names) - set(GATES)
    if unknown:
        print(f"no such gate: {', '.join(sorted(unknown))}; there are {', '.join(GATES)}")
        return 2
    for name in names or GATES:
        started = time.monotonic()
        print(f"== {name}", flush=True)
        code = subprocess.run(GATES[name], cwd=REPOSITORY, check=False).returncode
        if code:
            print(f"== {name} failed after {time.monotonic() - started:.0f} s")
            return code
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
