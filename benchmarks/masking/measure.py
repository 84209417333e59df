"""How many planted secrets and personal data masking finds, and what it takes for such in ordinary traces.

    python benchmarks/masking/measure.py DATA

The planted ones are made up at random, by shapes that makers publish. The ordinary traces are recorded runs of others
(tau-bench, WorkBench): what is found there is counted, and some of it printed, to be judged by a person. With
detect-secrets installed, its count stands beside ours: with all its plugins, and with those for shapes and names only.
"""

import argparse
import csv
import gzip
import importlib
import json
import random
import string
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gepa_agents.parts.masking.mask import Kind, detectors

KINDS: tuple[Kind, ...] = ("secrets", "emails", "phones", "cards", "ibans")
LETTERS, HEX = string.ascii_letters + string.digits, "0123456789abcdef"
SENTENCES = ("Use {} for it.", 'The tool answered {{"value": "{}"}}', "{}", "I tried `{}`, and it failed: 401")
EACH = 50
DETECTORS = detectors(KINDS, {})


def planted(rng: random.Random) -> Iterator[tuple[str, str]]:
    """What is planted, by what it is."""

    def some(count: int, of: str = LETTERS) -> str:
        return "".join(rng.choices(of, k=count))

    for _ in range(EACH):
        yield "OpenAI key", f"sk-proj-{some(48)}"
        yield "Anthropic key", f"sk-ant-api03-{some(80)}"
        yield "GitHub token", f"ghp_{some(36)}"
        yield "AWS key id", f"AKIA{some(16, string.ascii_uppercase + string.digits)}"
        yield "Google key", f"AIza{some(35)}"
        yield "Slack token", f"xoxb-{some(12, string.digits)}-{some(24)}"
        yield "Stripe key", f"sk_live_{some(24)}"
        yield "Hugging Face token", f"hf_{some(34)}"
        yield "web token", f"eyJ{some(30)}.eyJ{some(60)}.{some(43)}"
        yield "password in a URL", f"postgres://app:{some(12)}@db.internal:5432/app"
        yield "password named", f"password={some(10)}7a"
        yield "e-mail", f"{some(7).lower()}.{some(5).lower()}@{some(6).lower()}.{rng.choice(('com', 'de', 'co.uk'))}"
        yield (
            "phone, with country",
            f"+{rng.choice(('49 30', '44 20', '1 415', '33 1'))} {some(3, '123456789')} {some(4, '123456789')}",
        )
        yield "phone, American", f"({some(3, '23456789')}) {some(3, '23456789')}-{some(4, '0123456789')}"
        yield "card", _card(rng)
        yield "IBAN", _iban(rng)


def _card(rng: random.Random) -> str:
    digits = [4, *(rng.randrange(10) for _ in range(14))]
    doubled = [sum(divmod(2 * digit, 10)) if place % 2 == 0 else digit for place, digit in enumerate(digits)]
    digits.append(-sum(doubled) % 10)
    text = "".join(map(str, digits))
    return rng.choice((text, " ".join(text[at : at + 4] for at in range(0, 16, 4))))


def _iban(rng: random.Random) -> str:
    body = "".join(rng.choices(string.digits, k=18))
    check = 98 - int(body + "131400") % 97  # DE00
    return f"DE{check:02}{body}"


def ours() -> Callable[[str], Counter[str]]:
    """How often our detectors find each kind in a text."""
    return lambda text: Counter(found.kind for detector in DETECTORS for found in detector.find(text))


def detect_secrets(*, entropy: bool) -> Callable[[str], Counter[str]]:
    """The same for detect-secrets, with its default plugins or without those that look for random letters."""
    scan: Any = importlib.import_module("detect_secrets.core.scan")
    settings: Any = importlib.import_module("detect_secrets.settings")
    with settings.default_settings() as defaults:
        plugins = [{"name": name} for name in defaults.plugins if entropy or "Entropy" not in name]

    def find(text: str) -> Counter[str]:
        with settings.transient_settings({"plugins_used": plugins}):
            return Counter(secret.type for line in text.splitlines() for secret in scan.scan_line(line))

    return find


def traces(folder: Path) -> Iterator[str]:
    """Texts of recorded runs."""
    with gzip.open(folder / "tau_bench" / "gpt-4o-airline.json.gz", "rt") as file:
        for run in json.load(file):
            yield from (str(message.get("content") or "") for message in run["traj"])
    for path in sorted((folder / "workbench").glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            yield from (", ".join(row) for row in csv.reader(file))


def _show(texts: Sequence[str]) -> None:
    """Some of what is found, the rare kinds first."""
    every = {
        (found.kind, text[found.start : found.end]) for text in texts for one in DETECTORS for found in one.find(text)
    }
    for kind in sorted({kind for kind, _ in every}):
        values = sorted(value for one, value in every if one == kind)
        print(f"  {kind}: {len(values)} different, such as {', '.join(values[:: max(1, len(values) // 6)])}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds `workbench` (olly-styles/WorkBench) and `tau_bench`")
    data = parser.parse_args().data
    finders = {"ours": ours()}
    try:
        finders["detect-secrets"] = detect_secrets(entropy=True)
        finders["detect-secrets without entropy"] = detect_secrets(entropy=False)
    except ImportError:
        print("detect-secrets is not installed")
    rng = random.Random(0)
    samples = [(kind, rng.choice(SENTENCES).format(value)) for kind, value in planted(rng)]
    texts = list(traces(data))
    for name, find in finders.items():
        hits = Counter(kind for kind, text in samples if find(text))
        print(f"\n{name}: planted ones found, of {EACH} each")
        for kind in dict.fromkeys(kind for kind, _ in samples):
            print(f"  {kind:22} {hits[kind]:3}")
        began = time.process_time()
        found: Counter[str] = Counter()
        for text in texts:
            found += find(text)
        spent = time.process_time() - began
        size = sum(map(len, texts)) / 1e6
        if name == "ours":
            _show(texts)
        print(f"  in {len(texts)} recorded texts ({size:.1f} MB, {spent:.1f} s of CPU): {dict(found)}")


if __name__ == "__main__":
    main()
