"""Names with settings, such as `mask-recent:threshold=0.3`, and the tables in which planners and agents are looked up by them."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from broadsheet.core.config import Config, build, with_settings
from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.plan.material import Material

MadeT = TypeVar("MadeT")


class Setting(NamedTuple):
    """What a part is made for: a catalogue with its users, items a slate, rounds a session; `given` holds what no spec can say, such as a port to a language model."""

    material: Material
    slate: int
    horizon: int
    given: Mapping[str, Any] = {}


class Kind(NamedTuple, Generic[MadeT]):
    """One row of a table: the configuration that a spec's settings are checked against, and what makes the part of it."""

    config: type[Config]
    make: Callable[[Any, Setting], MadeT]


def parse(spec: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the settings of a spec. Raises ConfigError for a setting that is not of the form `name=value`.

    >>> parse("saturation-mpc:rounds=5,keep=6")
    ('saturation-mpc', {'rounds': 5, 'keep': 6})
    >>> parse("all")
    ('all', {})
    """
    name, _, rest = spec.partition(":")
    try:
        return name, with_settings({}, [part for part in rest.split(",") if part])
    except ConfigError:
        raise ConfigError(f"{spec!r} cannot be read.", "Write NAME or NAME:SETTING=VALUE,SETTING=VALUE.") from None


def opened(spec: str, table: Mapping[str, Kind[MadeT]], what: str, setting: Setting) -> MadeT:
    """Make the part that a spec names. Raises ConfigError for a name or a setting that there is not."""
    kind, config = configured(spec, table, what)
    return kind.make(config, setting)


def configured(spec: str, table: Mapping[str, Kind[MadeT]], what: str) -> tuple[Kind[MadeT], Config]:
    """Return the row that a spec names and its configuration, before anything is made. Raises ConfigError for a name or a setting that there is not."""
    name, settings = parse(spec)
    if name not in table:
        raise ConfigError(f"There is no {what} {name!r}.{did_you_mean(name, table)}", f"Known are: {', '.join(table)}.")
    return table[name], build(table[name].config, settings, spec)
