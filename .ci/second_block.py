"""Prints the second shell block of a Markdown file: the README's test command, so that CI runs no other one."""

import re
import sys
from pathlib import Path

BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)

if __name__ == "__main__":
    sys.stdout.write(BLOCK.findall(Path(sys.argv[1]).read_text(encoding="utf-8"))[1])
