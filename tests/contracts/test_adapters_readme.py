"""The adapter that `adapters/README.md` shows to its readers keeps the contract that it tells them of."""

import re
import subprocess
import sys
from pathlib import Path

from gepa_agents.testing.agent_contract import AgentContract

PAGE = Path(__file__).parents[2] / "adapters" / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def contract(folder: Path, page: str) -> str:
    """What pytest prints about the page's code blocks, put together as one test module in `folder`."""
    module = folder / "test_desk.py"
    module.write_text("\n\n".join(BLOCK.findall(page)), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-o", "asyncio_mode=auto", "--rootdir", str(folder), str(module)]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120).stdout


def test_the_adapter_shown_keeps_the_contract(tmp_path: Path):
    """Every test of the contract passes for the page's own code."""
    claims = [name for name in vars(AgentContract) if name.startswith("test_")]
    printed = contract(tmp_path, PAGE.read_text(encoding="utf-8"))
    assert f"\n{len(claims)} passed in " in printed, printed


def test_the_contract_would_notice(tmp_path: Path):
    """The same adapter without its override fails."""
    page = PAGE.read_text(encoding="utf-8")
    broken = page.replace('config.texts.get("desk.system", self._desk.instructions)', "self._desk.instructions")
    assert broken != page
    assert "::test_an_overridden_prompt_reaches_the_model" in contract(tmp_path, broken)
