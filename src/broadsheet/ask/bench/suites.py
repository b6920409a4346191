"""The suites of `broadsheet bench ask` by their names."""

from importlib import import_module

from broadsheet.ask.bench.plan import Suite
from broadsheet.core.errors import ConfigError, did_you_mean

# For each suite the module here whose function `suite` it is; none is imported before it is asked for.
MODULES = {
    "paper90": "paper90",
    "mardi": "software",
    "hyena": "hyenas",
    "simulated-user": "simulated",
    "pole": "pole",
    "direction": "direction",
    "llm-queries": "llm_queries",
    "mindthequery": "mindthequery",
    "mutants": "planted",
    "graph": "engine",
    "decoding": "decoding",
    "questions": "questions",
}


def suite_of(name: str) -> Suite:
    """Return a suite. Raises ConfigError for one that is not there."""
    if name not in MODULES:
        raise ConfigError(f"There is no suite {name!r}.{did_you_mean(name, MODULES)}", f"Suites are: {', '.join(MODULES)}.")
    return import_module(f"{__package__}.{MODULES[name]}").suite
