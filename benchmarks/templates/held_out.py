"""How well are prompt templates inferred from samples? 200 synthetic f-strings, samples of each, held-out samples.

A template counts as right when its inferred pattern matches every held-out sample. Run: `python held_out.py`.
"""

import random
import re

from gepa_agents_langgraph.inference import infer

TEMPLATES = 200
HELD_OUT = 20
SIZES = (2, 3, 5, 10)

OPENINGS = (
    "You are a careful assistant for an online shop.",
    "Act as a planner. Think before you answer!",
    "You translate legal texts; keep every term.",
    "# Role\nSenior reviewer of pull requests",
)
SENTENCES = (
    "Always answer in short sentences.",
    "Use the tools when a number is needed.",
    'Reply as JSON: {"answer": "...", "sources": []}.',
    "Never invent an order number.",
    "If the customer is angry, apologise first.",
    "List at most three options:\n- one\n- two\n- three",
    "Today's rules may differ from yesterday's rules.",
)
FIELDS = (
    "The customer is {}.",
    "Date: {}",
    "<context>\n{}\n</context>",
    "You know this about {}, so use it.",
    "User ({}):",
)
NAMES = ("Ann", "Bob Miller", "Renée O'Hara", "李雷", "Dr. Eva von der Heide", "Max", "Jo-Ann Smith", "Al")
WORDS = re.findall(
    r"\w+", "the a order parcel lamp chair late broken red green and with for of never always sun customer plan"
)


def value(rng: random.Random, kind: int) -> str:
    """A value as programs insert them: a name, a date, a number, nothing, a line, a document."""
    match kind:
        case 0:
            return rng.choice(NAMES)
        case 1:
            return f"{rng.randint(2020, 2027)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        case 2:
            return str(rng.randint(0, 99999))
        case 3:
            return "" if rng.random() < 0.3 else sentence(rng, 6)
        case 4:
            return sentence(rng, 12)
        case _:
            return "\n".join(sentence(rng, 15) for _ in range(rng.randint(3, 60)))


def sentence(rng: random.Random, most: int) -> str:
    """Some words."""
    return " ".join(rng.choices(WORDS, k=rng.randint(1, most))).capitalize() + rng.choice(".?! ")


def template(rng: random.Random) -> tuple[list[str], list[int]]:
    """Fixed parts with a field in some of them, and the kinds of values of the fields."""
    parts = [rng.choice(OPENINGS), *rng.sample(SENTENCES, rng.randint(1, 5))]
    kinds = [rng.randrange(6) for _ in range(rng.randint(0, 3))]
    for _ in kinds:
        parts.insert(rng.randint(0, len(parts)), rng.choice(FIELDS))
    return parts, kinds


def sample(rng: random.Random, parts: list[str], kinds: list[int], glue: str) -> str:
    """The template filled in."""
    values = iter(kinds)
    return glue.join(part.format(value(rng, next(values))) if part in FIELDS else part for part in parts)


def right(rng: random.Random, size: int) -> bool:
    """Whether one random template is inferred from so many samples."""
    parts, kinds = template(rng)
    glue = rng.choice(("\n", " ", "\n\n"))
    pattern = infer(sample(rng, parts, kinds, glue) for _ in range(size))
    return all(pattern.match(sample(rng, parts, kinds, glue)) is not None for _ in range(HELD_OUT))


def rate(size: int, seed: int = 0) -> float:
    """Share of the templates that are inferred from so many samples."""
    rng = random.Random(seed)
    return sum(right(rng, size) for _ in range(TEMPLATES)) / TEMPLATES


if __name__ == "__main__":
    for size in SIZES:
        print(f"{size:3} samples: {rate(size):6.1%} of {TEMPLATES} templates match {HELD_OUT} held-out samples each")
