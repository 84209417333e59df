"""Does a real model follow a lesson in a tool's description as it does in the prompt? Nothing is tuned here.

`python -m benchmarks.tools.real http://127.0.0.1:8081/v1` asks the OpenAI-compatible server at that address.
"""

import json
import re
import sys
import urllib.request
from collections.abc import Callable

HOLDS = {"reg_a": "invoices", "reg_b": "contracts", "reg_c": "deliveries", "reg_d": "complaints"}
"""What each tool is for; the names tell nothing."""
LETTER = {"reg_a": "I", "reg_b": "C", "reg_c": "D", "reg_d": "K"}
OTHER = {"reg_a": "reg_b", "reg_b": "reg_a", "reg_c": "reg_d", "reg_d": "reg_c"}
QUESTIONS = (
    ("reg_a", "Is invoice 17 paid?"),
    ("reg_a", "What is the amount of invoice 88?"),
    ("reg_a", "When is invoice 21 due?"),
    ("reg_b", "When does contract 5 end?"),
    ("reg_b", "Who signed contract 42?"),
    ("reg_b", "What is the notice period of contract 9?"),
    ("reg_c", "Where is delivery 30 now?"),
    ("reg_c", "When does delivery 63 arrive?"),
    ("reg_c", "Who took delivery 12 at the door?"),
    ("reg_d", "Was complaint 7 answered?"),
    ("reg_d", "Who handles complaint 51?"),
    ("reg_d", "What is complaint 19 about?"),
)
PROMPT = "You answer questions by calling a function."

Describe = Callable[[str], str]


def lesson(tool: str) -> str:
    """What a tool is for, and how its key is written."""
    letter = LETTER[tool]
    return (
        f"Use {tool} for questions about {HOLDS[tool]}; its key is {letter}- and the number in four digits, "
        f"such as {letter}-0099."
    )


def bare(_tool: str) -> str:
    """A description that says nothing."""
    return "Looks up an entry."


def wrong(tool: str) -> str:
    """A description of another tool."""
    return f"Looks up {HOLDS[OTHER[tool]]}."


TAUGHT = "\n".join([PROMPT, *map(lesson, HOLDS)])
CASES: dict[str, tuple[str, Describe]] = {
    "nothing": (PROMPT, bare),
    "the system prompt": (TAUGHT, bare),
    "the descriptions": (PROMPT, lesson),
    "nothing; the descriptions name each other's entries": (PROMPT, wrong),
    "the system prompt, against such descriptions": (TAUGHT, wrong),
}
"""System prompt and descriptions, by where the lessons stand."""


def ask(url: str, system: str, describe: Describe, question: str) -> tuple[str, str]:
    """The tool that the model calls and its arguments, as text."""
    schema = {
        "type": "object",
        "properties": {"key": {"type": "string", "description": "The key."}},
        "required": ["key"],
    }
    tools = [
        {"type": "function", "function": {"name": tool, "description": describe(tool), "parameters": schema}}
        for tool in HOLDS
    ]
    body = {
        "model": "local",
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": question}],
        "tools": tools,
        "temperature": 0,
        "max_tokens": 60,
        "stop": ["\n```\n", "\n\n\n", "</tool_call>"],
    }
    request = urllib.request.Request(  # noqa: S310  (the address is the caller's own)
        f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
        message = json.load(response)["choices"][0]["message"]
    if message.get("tool_calls"):
        function = message["tool_calls"][0]["function"]
        return function["name"], function["arguments"]
    # llama.cpp does not read Qwen's own forms of a call as one; doubled braces are a quirk of its template.
    text = (message.get("content") or "").replace("{{", "{").replace("}}", "}")
    name = re.search(r'"name":\s*"(\w+)"', text)
    return (name[1] if name else ""), text


def main() -> None:
    """Print a row for each case."""
    for name, (system, describe) in CASES.items():
        called = keyed = 0
        for tool, question in QUESTIONS:
            got, arguments = ask(sys.argv[1], system, describe, question)
            (number,) = re.findall(r"\d+", question)
            called += got == tool
            keyed += got == tool and f'"{LETTER[tool]}-{int(number):04d}"' in arguments
        print(f"| {name} | {called}/{len(QUESTIONS)} | {keyed}/{len(QUESTIONS)} |")


if __name__ == "__main__":
    main()
