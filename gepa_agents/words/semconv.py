"""Names of span attributes: the OpenTelemetry GenAI conventions, and the few of ours that they lack.

Our own constants because the package of constants is deprecated (the conventions moved to a repository of their own,
open-telemetry/semantic-conventions-genai) and has no successor to import yet.
"""

SCOPE = "gepa_agents"
"""Instrumentation scope of all our spans; spans of other scopes in a rollout's trace are the user's own."""

OPERATION = "gen_ai.operation.name"
CHAT = "chat"
EXECUTE_TOOL = "execute_tool"
INVOKE_NODE = "invoke_node"
"""Proposed for graph nodes in semantic-conventions-genai issue 187; not released."""

NODE_NAME = "gen_ai.node.name"
NODE_PATH = "langgraph.path"
"""Path of the node through subgraphs, without the run's UUIDs: `researcher/model`."""

PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
RESPONSE_MODEL = "gen_ai.response.model"
FINISH_REASONS = "gen_ai.response.finish_reasons"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
SYSTEM_INSTRUCTIONS = "gen_ai.system_instructions"
INPUT_MESSAGES = "gen_ai.input.messages"
OUTPUT_MESSAGES = "gen_ai.output.messages"
TOOL_DEFINITIONS = "gen_ai.tool.definitions"

TOOL_NAME = "gen_ai.tool.name"
TOOL_CALL_ID = "gen_ai.tool.call.id"
TOOL_ARGUMENTS = "gen_ai.tool.call.arguments"
TOOL_RESULT = "gen_ai.tool.call.result"

AGENT_NAME = "gen_ai.agent.name"
AGENT_VERSION = "gen_ai.agent.version"
"""Content hash of the candidate, on the rollout's root span."""
PROMPT_NAME = "gen_ai.prompt.name"
PROMPT_VERSION = "gen_ai.prompt.version"
ERROR_TYPE = "error.type"

EVALUATION_EVENT = "gen_ai.evaluation.result"
EVALUATION_NAME = "gen_ai.evaluation.name"
EVALUATION_SCORE = "gen_ai.evaluation.score.value"
EVALUATION_EXPLANATION = "gen_ai.evaluation.explanation"

TASK_ID = "gepa.task.id"
REPEAT = "gepa.rollout.repeat"

RENDER_PROMPT = "render_prompt"
"""Operation of the instant span that says: this template was filled in here. Ours."""
PROMPT_TEMPLATE = "gepa.prompt.template"
PROMPT_VARIABLES = "gepa.prompt.variables"
PROMPT_ROLE = "gepa.prompt.role"
INTERRUPTED = "langgraph.interrupted"
RESTARTED = "gepa.rollout.restarted"
"""Event on the rollout's root span: an attempt begins; what came before is no part of the trajectory."""

NO_WORDS = frozenset({"blob", "uri", "file"})
"""Types of the conventions' parts that are no text."""
MEDIA = {
    "image": "image",
    "image_url": "image",
    "audio": "audio",
    "input_audio": "audio",
    "video": "video",
    "file": "file",
    "document": "file",
}
"""Content that is no text, as LangChain and the providers call it, in the conventions' words for a `modality`."""
UNRECORDED = "unrecorded"
"""Stands where a trace tells of words and does not hold them."""
