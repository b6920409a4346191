"""The back end `openai`: any server that speaks OpenAI's chat completions, through OpenAI's own client without its retries."""

import asyncio
import itertools
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from broadsheet.core.errors import EndpointError, MissingExtraError
from broadsheet.core.llm.faults import CallError, Reason
from broadsheet.core.llm.json_schema import is_strict
from broadsheet.core.llm.port import MANY, Finish, Held, Reply, Request
from broadsheet.core.llm.reading import as_asked
from broadsheet.core.log import get_logger

OPENAI = "https://api.openai.com/v1"
# The key of OpenAI goes to OpenAI alone; other servers get the key that was set for them.
KEY_OF_OPENAI, KEY = "OPENAI_API_KEY", "BROADSHEET_LLM_KEY"
# Connections of one pool: what the client looks through for a free one at each call.
POOL = 8
# Characters of a server's own words that an error shows.
SHOWN = 160
# The client's errors of a call that never left; after any other the server may have counted it.
NEVER_CONNECTED = {"ConnectError", "ConnectTimeout", "PoolTimeout"}
FINISHES: dict[str, Finish] = {"length": "length", "content_filter": "refusal"}


class EndpointLLM:
    """A model behind an OpenAI-compatible server.

    The reply is held to a schema by the server where it offers that; a server that refuses the parameter is asked
    in words from then on, and `Reply.held` says which it was. The API key comes from the environment
    (OPENAI_API_KEY for OpenAI, BROADSHEET_LLM_KEY for any other server) and is taken out of every message.
    """

    name = "openai"
    at_once = MANY

    def __init__(self, model: str, url: str = OPENAI, *, in_flight: int = 64) -> None:
        try:
            import openai
        except ModuleNotFoundError:
            raise MissingExtraError("An OpenAI-compatible endpoint needs the package openai.", 'Run: pip install "broadsheet[llm]"') from None
        self._sdk = openai
        self.model, self.url = model, url.rstrip("/")
        self._variable = KEY_OF_OPENAI if self.url == OPENAI else KEY
        self._secret = os.environ.get(self._variable, "")
        if self.url == OPENAI and not self._secret:
            raise EndpointError("No API key is set for OpenAI.", f"Set {KEY_OF_OPENAI}, or name another server: openai:MODEL@URL")
        self._pools = max(1, -(-in_flight // POOL))
        self._clients: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        # Parameters that this server refused once.
        self._refused: set[str] = set()

    async def complete(self, request: Request, *, idempotency: str = "") -> Reply:
        """Make one call. Raises `CallError` for whatever is no answer."""
        sdk, client = self._sdk, self._client()
        parameters, held = self._parameters(request)
        headers = {"Idempotency-Key": idempotency} if idempotency else {}
        try:
            # As `extra_body` they are sent as they are; as arguments each is looked through first, a third of a call's time.
            create = client.chat.completions.with_raw_response.create
            raw = await create(model=self.model, messages=(), extra_body=parameters, extra_headers=headers)
            return self._reply(raw.http_response.json(), held)
        except sdk.APITimeoutError:
            raise CallError(Reason.TIMEOUT, f"{self.url} did not answer in time.", "Try again, or allow more seconds: timeout.") from None
        except sdk.APIConnectionError as fault:
            cause = fault.__cause__ or fault
            reason = Reason.UNREACHABLE if type(cause).__name__ in NEVER_CONNECTED else Reason.DROPPED
            raise CallError(reason, f"No answer from {self.url}: {self._shown(cause)}.", "Check that the server runs.") from None
        except sdk.APIStatusError as fault:
            raise self._refusal(fault, parameters) from None
        except ValueError:
            raise CallError(
                Reason.SERVER, f"{self.url} answered with something that is not JSON.", "Check that the URL ends where /chat/completions begins."
            ) from None

    async def close(self) -> None:
        """Close the connections."""
        if self._clients is not None and self._loop is asyncio.get_running_loop():
            await asyncio.gather(*(client.close() for client in self._clients[0]))
        self._clients = None

    def _client(self) -> Any:
        """Return the next of several clients: one pool of many connections costs more a call than many of few."""
        loop = asyncio.get_running_loop()
        if self._clients is None or self._loop is not loop:
            made = [self._sdk.AsyncOpenAI(base_url=self.url, api_key=self._secret or "none", max_retries=0, timeout=None) for _ in range(self._pools)]
            self._clients, self._loop = (made, itertools.cycle(made)), loop
        return next(self._clients[1])

    def _parameters(self, request: Request) -> tuple[dict[str, Any], Held]:
        schema = request.answer_schema
        held: Held = "" if schema is None else "prompt" if "response_format" in self._refused else "server"
        messages = as_asked(request) if held == "prompt" else request.messages
        most = "max_completion_tokens" if "max_tokens" in self._refused else "max_tokens"
        parameters: dict[str, Any] = {"messages": [{"role": m.role, "content": m.content} for m in messages], most: request.max_tokens}
        if request.temperature is not None:
            parameters["temperature"] = request.temperature
        if request.seed is not None and "seed" not in self._refused:
            parameters["seed"] = request.seed
        if held == "server":
            form = {"name": "answer", "schema": schema, "strict": is_strict(schema)}
            parameters["response_format"] = {"type": "json_schema", "json_schema": form}
        return parameters, held

    def _reply(self, body: Any, held: Held) -> Reply:
        """Read a chat completion as it came: servers differ in what they leave out."""
        try:
            choice = body["choices"][0]
            said, usage = choice["message"], body.get("usage") or {}
            finish: Finish = "refusal" if said.get("refusal") else FINISHES.get(choice.get("finish_reason"), "stop")
            return Reply(
                text=said.get("refusal") or said.get("content") or "",
                prompt_tokens=usage.get("prompt_tokens"),
                completion_tokens=usage.get("completion_tokens"),
                model=body.get("model") or self.model,
                finish=finish,
                held=held,
            )
        except (KeyError, IndexError, TypeError, AttributeError):
            raise CallError(Reason.SERVER, f"{self.url} answered with something that is no chat completion.", "Check the URL and what serves it.") from None

    def _refusal(self, fault: Any, parameters: Mapping[str, Any]) -> CallError:
        """Turn a status into a fault; a parameter that is refused is noted and left out, or renamed, from now on."""
        status, said = fault.status_code, self._shown(fault)
        if status in {401, 403}:
            return CallError(Reason.ACCESS, f"{self.url} grants no access ({status}).", f"Set {self._variable} to a key of that server.")
        if status == 404:
            return CallError(Reason.UNKNOWN, f"{self.url} has no model {self.model} ({said}).", "Name a model that it lists under /models.")
        if status == 429:
            return CallError(
                Reason.RATE_LIMITED, f"{self.url} asks to wait (429).", "Ask for less: rpm, tpm or in_flight.", retry_after=_wait(fault.response.headers)
            )
        if status in {408, 409} or status >= 500:
            return CallError(Reason.SERVER, f"{self.url} failed ({status}): {said}.", "Try again later.", retry_after=_wait(fault.response.headers))
        if status in {400, 422} and (refused := self._refused_parameter(fault, parameters)):
            if refused not in self._refused:
                self._refused.add(refused)
                get_logger("llm").warning("a parameter is refused and left out from now on", parameter=refused, model=self.model, url=self.url)
            return CallError(Reason.PARAMETER, f"{self.url} does not take {refused}.", "It is left out from now on.")
        return CallError(Reason.REJECTED, f"{self.url} rejected the request ({status}): {said}.", "Mend the request.")

    def _refused_parameter(self, fault: Any, parameters: Mapping[str, Any]) -> str:
        named = f"{fault.param or ''} {fault.message}"
        return next((name for name in ("response_format", "max_tokens", "seed") if name in parameters and name in named), "")

    def _shown(self, fault: object) -> str:
        body = getattr(fault, "body", None)
        text = str(body.get("message", "") if isinstance(body, dict) else fault) or type(fault).__name__
        text = text.replace(self._secret, "***") if self._secret else text
        return " ".join(text.split())[:SHOWN].rstrip(".")


def _wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait: OpenAI's milliseconds, else Retry-After."""
    now = datetime.now(UTC)
    milliseconds = retry_after(headers.get("retry-after-ms", ""), now)
    return retry_after(headers.get("retry-after", ""), now) if milliseconds is None else milliseconds / 1000


def retry_after(text: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header says, in seconds or as an HTTP date, or None where it says nothing.

    >>> retry_after("2", datetime(2026, 3, 16, tzinfo=UTC)), retry_after("Mon, 16 Mar 2026 00:00:05 GMT", datetime(2026, 3, 16, tzinfo=UTC))
    (2.0, 5.0)
    >>> retry_after("soon", datetime(2026, 3, 16, tzinfo=UTC))
    """
    if re.fullmatch(r"\d+(\.\d+)?", text.strip()):
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds())
