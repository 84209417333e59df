"""A server on 127.0.0.1 that speaks as OpenAI (chat, responses), Anthropic and Gemini do, and keeps what it was sent.

Its model calls the first tool that it is offered, with `{"query": "hotel"}`, and says `done` once a tool has answered.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

CALL = {"query": "hotel"}


class VendorServer:
    """Serves while it is entered."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        """What was sent, in order of arrival."""
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        """Without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        vendors = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with vendors._lock:
                    vendors.bodies.append(sent)
                body = json.dumps(_answer(self.path, sent)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256


def _answer(path: str, sent: dict[str, Any]) -> dict[str, Any]:
    if path.endswith("/chat/completions"):
        return _openai(sent)
    if path.endswith("/responses"):
        return _responses(sent)
    if path.endswith("/messages"):
        return _anthropic(sent)
    return _gemini(sent)


def _openai(sent: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "done"}
    tools = sent.get("tools")
    if tools and sent["messages"][-1]["role"] != "tool":
        function = {"name": tools[0]["function"]["name"], "arguments": json.dumps(CALL)}
        message = {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "function"}]}
        message["tool_calls"][0]["function"] = function
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": sent["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    }


def _responses(sent: dict[str, Any]) -> dict[str, Any]:
    text = {"type": "output_text", "text": "done", "annotations": []}
    item: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
    item["content"] = [text]
    tools = sent.get("tools")
    if tools and sent["input"][-1].get("type") != "function_call_output":
        item = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": tools[0]["name"]}
        item |= {"arguments": json.dumps(CALL), "status": "completed"}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": sent["model"],
        "output": [item],
        "status": "completed",
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def _anthropic(sent: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"type": "text", "text": "done"}
    last = sent["messages"][-1]["content"]
    answered = isinstance(last, list) and any(block["type"] == "tool_result" for block in last)
    tools = sent.get("tools")
    if tools and not answered:
        content = {"type": "tool_use", "id": "toolu_1", "name": tools[0]["name"], "input": CALL}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": sent["model"],
        "content": [content],
        "stop_reason": "tool_use" if "input" in content else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "output_tokens": 5},
    }


def _gemini(sent: dict[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = {"text": "done"}
    tools = sent.get("tools")
    if tools and "functionResponse" not in sent["contents"][-1]["parts"][0]:
        part = {"functionCall": {"name": tools[0]["functionDeclarations"][0]["name"], "args": CALL}}
    return {
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 5, "totalTokenCount": 12},
    }
