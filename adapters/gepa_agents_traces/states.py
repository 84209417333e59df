"""What an agent was given and what it returned, as plain data: LangChain's messages become chat turns.

The same form as the outcome of a rollout, so that a task made of a trace can be given to the graph again.
"""

from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.trajectory import Message
from gepa_agents_traces.messages import ROLES, message
from gepa_agents_traces.plain import Object

DEEPEST = 20


def state(value: JsonValue, depth: int = 0) -> JsonValue:
    """A graph's state with its messages as chat turns, without their ids and bookkeeping."""
    if depth > DEEPEST:
        return value
    if _is_message(value):
        found = message(value)
        if found is not None:
            return turn(found)
    if isinstance(value, list):
        return [state(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {key: state(item, depth + 1) for key, item in value.items()}
    return value


def turn(found: Message) -> Object:
    """A message as a chat turn."""
    made: Object = {"role": found.role, "content": found.text}
    if found.tool_calls:
        made["tool_calls"] = [{"id": call.id, "name": call.name, "args": call.arguments} for call in found.tool_calls]
    if found.call_id:
        made["tool_call_id"] = found.call_id
    return made


def _is_message(value: JsonValue) -> bool:
    if isinstance(value, list):
        return len(value) == 2 and isinstance(value[0], str) and value[0] in ROLES and isinstance(value[1], str)
    if not isinstance(value, dict):
        return False
    if value.get("lc") == 1 or isinstance(value.get("parts"), list):
        return True
    kinds = (value.get("role"), value.get("type"))
    typed = any(isinstance(kind, str) and kind in ROLES for kind in kinds)
    return typed and ("content" in value or isinstance(value.get("data"), dict))
