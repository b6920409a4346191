"""Language models by name: `openai:MODEL@URL`, `smollm2`, `hf:FOLDER`, `replay:FILE`, `scripted:FILE`."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.llm.port import LLM
from broadsheet.core.progress import Progress, silent

FORMS = {"openai": "openai:MODEL or openai:MODEL@URL", "smollm2": "smollm2", "hf": "hf:FOLDER", "replay": "replay:FILE", "scripted": "scripted:FILE"}


def open_llm(spec: str, *, in_flight: int = 64, record: Path | None = None, progress: Progress = silent) -> LLM:
    """Open a language model by its name; `record` appends what it answers to a file, for `replay`.

    Raises ConfigError for a name that is none, MissingExtraError where a package or weights are not installed.
    """
    llm = _opened(spec, in_flight, progress)
    if record is None:
        return llm
    from broadsheet.core.llm.backends.recording import RecordingLLM

    return RecordingLLM(llm, record)


def _opened(spec: str, in_flight: int, progress: Progress) -> LLM:
    kind, _, rest = spec.partition(":")
    if kind not in FORMS:
        raise ConfigError(f"There is no language model {kind!r}.{did_you_mean(kind, FORMS)}", f"Name one of: {'; '.join(FORMS.values())}.")
    if bool(rest) == (kind == "smollm2"):
        raise ConfigError(f"{spec!r} names no language model.", f"Write: {FORMS[kind]}")
    if kind == "openai":
        return _endpoint(rest, in_flight)
    if kind == "replay":
        from broadsheet.core.llm.backends.recording import ReplayLLM

        return ReplayLLM(Path(rest))
    if kind == "scripted":
        from broadsheet.core.llm.backends.rules import ScriptedLLM

        return ScriptedLLM.read(Path(rest))
    from broadsheet.core.llm.backends.checkpoint import CheckpointLLM

    if kind == "hf":
        return CheckpointLLM(Path(rest))
    from broadsheet.core.backbones.smollm2 import NAME, smollm2_folder

    return CheckpointLLM(smollm2_folder(progress), name="smollm2", model=NAME)


def _endpoint(rest: str, in_flight: int) -> LLM:
    from broadsheet.core.llm.backends.endpoint import OPENAI, EndpointLLM

    found = re.fullmatch(r"(?P<model>.+?)(?:@(?P<url>https?://.*))?", rest)
    if found is None:
        raise ConfigError("The name of the model is missing.", f"Write: {FORMS['openai']}")
    url = found["url"] or OPENAI
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.password or parts.query:
        raise ConfigError(
            "The URL of an endpoint is a plain address: no user, key or query in it.",
            "Write http://HOST:PORT/v1, and set the key in the environment: BROADSHEET_LLM_KEY",
        )
    return EndpointLLM(found["model"], url, in_flight=in_flight)
