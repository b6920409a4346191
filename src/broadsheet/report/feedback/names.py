"""Names of experiments, as events can keep them."""

import re

from broadsheet.core.errors import ConfigError

_NAME = re.compile(r"[\w][\w .\-]{0,63}")


def check_name(experiment: str) -> str:
    """Return an experiment's name, or raise ConfigError: letters, digits, blanks, full stops and hyphens, 64 at most.

    >>> check_name("words or meaning")
    'words or meaning'
    """
    if not _NAME.fullmatch(experiment):
        raise ConfigError(
            f"The experiment's name {experiment!r} cannot be kept.", "Name it with letters, digits, blanks, full stops and hyphens: words-or-meaning."
        )
    return experiment
