"""The double itself: chat completions over HTTP/1.1 on loopback, in a thread of its own."""

import asyncio
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

from broadsheet.sample.llm.answers import rule_answer
from broadsheet.sample.llm.faults import Faults, chance

Body = dict[str, Any]
Rule = Callable[[Body], str]
MOST = 2**24
WORDS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error"}


class Served(NamedTuple):
    """What was served: all requests, those that count as calls with their tokens, and what became of the rest.

    `replayed` came under an Idempotency-Key that was answered before, and cost nothing; `twice` counts calls beyond
    the first of the same body.
    """

    requests: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    replayed: int
    twice: int
    faults: dict[str, int]


class _Answer(NamedTuple):
    """What goes over the line, and when. A status of 0 closes the connection without a word."""

    status: int
    body: Body
    headers: Mapping[str, str] = {}
    seconds: float = 0.0


class LLMServer:
    """An OpenAI-compatible server for tests, as a context manager; `url` is its base URL, `served` its counts.

    `rule` gives the text for the body of a request; tokens are words. `latency` is in seconds, give or take a share of
    `jitter`. `key` is the API key that it asks for, if any. With `honours` a second request of the same Idempotency-Key
    gets the first one's answer and is not counted. `takes_schema=False` refuses `response_format` and
    `counts_tokens=False` leaves `usage` out, as some servers do.
    """

    def __init__(
        self,
        rule: Rule = rule_answer,
        *,
        latency: float = 0.0,
        jitter: float = 0.0,
        faults: Faults | None = None,
        port: int = 0,
        key: str = "",
        model: str = "double-1",
        honours: bool = True,
        takes_schema: bool = True,
        counts_tokens: bool = True,
        stall: float = 60.0,
        retry_after: str = "0",
    ) -> None:
        self._rule, self._latency, self._jitter, self._faults = rule, latency, jitter, faults or Faults()
        self._port, self._key, self._model, self._honours, self._takes_schema = port, key, model, honours, takes_schema
        self._stall, self._retry_after, self._counts_tokens = stall, retry_after, counts_tokens
        self._counts: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._came: Counter[str] = Counter()
        self._counted: Counter[str] = Counter()
        self._answered: dict[str, _Answer] = {}
        self._ready = threading.Event()
        self._fault: OSError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="llm-double", daemon=True)
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if not self.url:
            raise OSError(f"port {self._port} cannot be listened on: {self._fault}")
        return self

    def __exit__(self, *fault: object) -> None:
        if self._loop is not None and self._end is not None:
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    @property
    def served(self) -> Served:
        """The counts up to now."""
        twice = sum(self._counted.values()) - len(self._counted)
        figures = {name: self._counts[name] for name in Served._fields[:5]}
        return Served(**figures, twice=twice, faults=dict(self._failed))

    def _run(self) -> None:
        try:
            asyncio.run(self._listen())
        except OSError as fault:
            self._fault = fault
        finally:
            self._ready.set()

    async def _listen(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._talk, "127.0.0.1", self._port, limit=MOST, backlog=512)
        async with server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            self._ready.set()
            await self._end.wait()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until the other side leaves it."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
                data = await reader.readexactly(int(headers.get("content-length", 0)))
                method, _, rest = head[0].partition(" ")
                answer = self._answer(method, rest.partition(" ")[0], headers, data)
                await asyncio.sleep(answer.seconds)
                if not answer.status:
                    return
                writer.write(_bytes(answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return  # the other side left, or the server ends
        finally:
            writer.close()

    def _answer(self, method: str, path: str, headers: Mapping[str, str], data: bytes) -> _Answer:
        if self._key and headers.get("authorization") != f"Bearer {self._key}":
            return _refusal(401, f"Incorrect API key provided: {headers.get('authorization', '').removeprefix('Bearer ')}.")
        if (method, path) == ("GET", "/v1/models"):
            return _Answer(200, {"object": "list", "data": [{"id": self._model, "object": "model"}]})
        if (method, path) == ("GET", "/usage"):
            return _Answer(200, self.served._asdict())
        if (method, path) != ("POST", "/v1/chat/completions"):
            return _refusal(404, f"There is nothing at {path}.")
        return self._post(headers, data)

    def _post(self, headers: Mapping[str, str], data: bytes) -> _Answer:
        self._counts["requests"] += 1
        name = headers.get("idempotency-key", "")
        if self._honours and name in self._answered:
            self._counts["replayed"] += 1
            return self._answered[name]
        body = json.loads(data)
        if "response_format" in body and not self._takes_schema:
            return _refusal(400, "response_format is not supported", "response_format")
        answer, replayed = self._completed(body, hashlib.sha256(data).hexdigest())
        if self._honours and name and replayed is not None:
            self._answered[name] = replayed
        return answer

    def _completed(self, body: Body, digest: str) -> tuple[_Answer, _Answer | None]:
        """Return the answer to a completion, and what its Idempotency-Key gives from now on."""
        times = self._came[digest]
        fault = self._faults.of(self._came.total(), digest, times)
        self._came[digest] += 1
        if fault:
            self._failed[fault] += 1
        if fault == "429":
            return _refusal(429, "Rate limit reached", headers={"Retry-After": self._retry_after}), None
        if fault == "500":
            return _refusal(500, "The server had an error"), None
        text, finish, refused = _spoilt(self._rule(body), fault)
        usage: dict[str, int] | None = self._count(body, refused or text, digest)
        message = {"role": "assistant", "content": None if refused else text, "refusal": refused or None}
        choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        if not self._counts_tokens:
            usage = None
        made = {"id": f"double-{digest[:12]}", "object": "chat.completion", "created": 0, "model": self._model, "choices": [choice], "usage": usage}
        late = self._latency * (1 + self._jitter * (2 * chance(self._faults.seed, "latency", digest, times) - 1))
        whole = _Answer(200, made, {}, late)
        if fault == "drop":
            return whole._replace(status=0), whole
        return whole._replace(seconds=self._stall if fault == "stall" else late), whole

    def _count(self, body: Body, said: str, digest: str) -> dict[str, int]:
        prompt = sum(len(message["content"].split()) for message in body["messages"])
        words = len(said.split())
        self._counted[digest] += 1
        self._counts.update(calls=1, prompt_tokens=prompt, completion_tokens=words)
        return {"prompt_tokens": prompt, "completion_tokens": words, "total_tokens": prompt + words}


def _spoilt(text: str, fault: str) -> tuple[str, str, str]:
    """Return text, finish_reason and refusal, as a fault has them."""
    if fault == "truncated":
        return text[: len(text) // 2], "length", ""
    if fault == "refusal":
        return "", "stop", "I cannot help with that."
    return ('{"wrong": true}' if fault == "invalid" else text), "stop", ""


def _refusal(status: int, message: str, param: str | None = None, headers: Mapping[str, str] | None = None) -> _Answer:
    return _Answer(status, {"error": {"message": message, "type": "error", "param": param, "code": None}}, headers or {})


def _bytes(answer: _Answer) -> bytes:
    data = json.dumps(answer.body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(data)), **answer.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {answer.status} {WORDS[answer.status]}\r\n{head}\r\n".encode("latin-1") + data
