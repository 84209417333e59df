"""An OpenAI-compatible chat server on 127.0.0.1 that fails as told, so that clients are tried over real HTTP.

    with ChatServer() as server:
        server.script(TooMany(retry_after="1"), Reply("hello"))
        ...  # base URL: server.url, key: server.key

Each request takes the next entry of the script; when it is used up, `echo` answers with the last word of the prompt.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Message = Mapping[str, Any]


@dataclass(frozen=True)
class Reply:
    """A proper answer."""

    text: str
    finish_reason: str = "stop"
    prompt_tokens: int = 7
    completion_tokens: int = 5
    reasoning: str | None = None
    usage: bool = True
    """False leaves the token counts out, as some servers do."""


@dataclass(frozen=True)
class Failure:
    """An answer with an error status and a body in OpenAI's form."""

    status: int
    message: str = "scripted failure"
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Raw:
    """A body that is sent as it is with status 200; `promise` is the length that the header claims."""

    body: bytes
    promise: int | None = None
    content_type: str = "application/json"


@dataclass(frozen=True)
class Hang:
    """Sends `before` (headers and the start of a body, when not empty), then nothing until the server stops."""

    before: bytes = b""


@dataclass(frozen=True)
class HangUp:
    """Closes the connection without a word."""


Step = Reply | Failure | Raw | Hang | HangUp


def too_many(retry_after: str | None = None) -> Failure:
    """429, with or without Retry-After."""
    return Failure(429, "slow down", "rate_limit_exceeded", {} if retry_after is None else {"Retry-After": retry_after})


def echo(prompt: str) -> Step:
    """Answers with the last word of the prompt."""
    return Reply(prompt.split()[-1])


class ChatServer:
    """Serves `POST …/chat/completions` while it is entered; checks key and model like a real server."""

    def __init__(
        self, *, model: str = "tiny", key: str = "sk-right-key-1234567890", answer: Callable[[str], Step] = echo
    ) -> None:
        self.model = model
        self.key = key
        self.requests: list[dict[str, Any]] = []
        """The bodies received, in order of arrival."""
        self._answer = answer
        self._script: list[Step] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        """The base URL that a client is given."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def script(self, *steps: Step) -> None:
        """What the next requests get, one each."""
        with self._lock:
            self._script.extend(steps)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def step(self, authorization: str, body: dict[str, Any]) -> Step:
        """What this request gets."""
        with self._lock:
            self.requests.append(body)
            if authorization != f"Bearer {self.key}":
                return Failure(401, f"Incorrect API key provided: {authorization[7:]}", "invalid_api_key")
            if body.get("model") != self.model:
                return Failure(404, f"The model `{body.get('model')}` does not exist", "model_not_found")
            if self._script:
                return self._script.pop(0)
        return self._answer(_said(body["messages"][-1]))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        chat, stopping = self, self._stopping

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                step = chat.step(self.headers.get("Authorization", ""), body)
                try:
                    _send(self, step, chat.model, stopping)
                except ConnectionError:
                    self.close_connection = True  # The client gave up, as it may.

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        return Handler


def _said(message: Message) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _send(handler: BaseHTTPRequestHandler, step: Step, model: str, stopping: threading.Event) -> None:
    # One request a connection: a broken body must not run into the next answer.
    handler.close_connection = True
    match step:
        case Reply():
            _write(handler, 200, json.dumps(_completion(step, model)).encode())
        case Failure():
            error = {"error": {"message": step.message, "type": "error", "param": None, "code": step.code}}
            _write(handler, step.status, json.dumps(error).encode(), headers=step.headers)
        case Raw():
            _write(handler, 200, step.body, promise=step.promise, content_type=step.content_type)
        case Hang():
            if step.before:
                _write(handler, 200, step.before, promise=len(step.before) + 1000)
                handler.wfile.flush()
            stopping.wait()
        case HangUp():
            pass


def _write(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    *,
    promise: int | None = None,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body) if promise is None else promise))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def _completion(reply: Reply, model: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.reasoning is not None:
        message["reasoning_content"] = reply.reasoning
    answer: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}],
    }
    if reply.usage:
        total = reply.prompt_tokens + reply.completion_tokens
        counts = {"prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens}
        answer["usage"] = {**counts, "total_tokens": total}
    return answer
