"""Configuration: frozen pydantic models, TOML files, and `--set a.b=c`."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from broadsheet.core.errors import ConfigError, did_you_mean

Size = Literal["tiny", "small", "base"]


class Config(BaseModel):
    """Base of every configuration: frozen, and an unknown key is an error.

    A component's configuration has one dial, `size: Size`, and properties that follow from it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


ConfigT = TypeVar("ConfigT", bound=BaseModel)


def read_toml(path: Path, error: type[ConfigError] = ConfigError) -> dict[str, Any]:
    """Read a TOML file, or raise `error` that names the line at fault."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise error(f"There is no file {path}.", "Check the path, or write one: broadsheet profile new --help") from None
    except IsADirectoryError:
        raise error(f"{path} is a folder, not a TOML file.", "Name the file in it.") from None
    except OSError as fault:
        raise error(f"{path} cannot be read: {fault.strerror}.", "Check the path, and that you may read it.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise error(f"{path} is not TOML: {fault}.", "Mend that line; text values stand in quotes.") from None


def with_settings(data: Mapping[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """Lay `a.b=c` settings over nested data; the value is TOML, or else plain text.

    >>> with_settings({"slate": {"budget": 20}}, ["slate.budget=5", "name=Ines"])
    {'slate': {'budget': 5}, 'name': 'Ines'}
    """
    result = _copied(data)
    for setting in settings:
        key, equals, value = setting.partition("=")
        parts = [part.strip() for part in key.split(".")]
        if not equals or not all(parts):
            raise ConfigError(f"--set {setting!r} is not of the form NAME=VALUE.", f"Write: --set {key.strip() or 'NAME'}=VALUE")
        node = result
        for part in parts[:-1]:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise ConfigError(f"--set {setting!r}: {part!r} is a value, not a table.", "Leave out what follows it.")
        node[parts[-1]] = _value(value)
    return result


def build(config_type: type[ConfigT], data: Mapping[str, Any], where: str, error: type[ConfigError] = ConfigError) -> ConfigT:
    """Make a configuration from plain data; `where` names its origin in the error."""
    try:
        return config_type.model_validate(dict(data))
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "(top)"
        if first["type"] == "extra_forbidden":
            known = _names(config_type, first["loc"][:-1])
            hint = did_you_mean(str(first["loc"][-1]), known)
            raise error(f"{where}: unknown setting {key!r}.{hint}", f"Known are: {', '.join(known)}.") from None
        message = str(first["msg"]).removeprefix("Value error, ")
        raise error(f"{where}: {key}: {message}.", "Mend that setting; the value now is " + repr(first["input"])[:80] + ".") from None


def _names(config_type: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """Return the settings that the table at that place takes."""
    tables = [config_type]
    for part in place:
        # A position in a list, or a key of a mapping, is no field: its table is the one that the annotation names.
        tables = [inner for table in tables if part in table.model_fields for inner in _tables(table.model_fields[part].annotation)] or tables
    return [name for table in tables for name in table.model_fields]


def _tables(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [table for part in get_args(annotation) for table in _tables(part)]


def _value(text: str) -> Any:
    try:
        data = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text.strip()
    # Text of several lines may be TOML that says more than one value.
    return data["value"] if len(data) == 1 else text.strip()


def _copied(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copied(value) if isinstance(value, Mapping) else value for key, value in data.items()}
