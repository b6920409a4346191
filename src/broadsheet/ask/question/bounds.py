"""How long a question may be."""

from broadsheet.ask.question.words import tokens
from broadsheet.core.errors import ConfigError

CHARACTERS, WORDS = 2_000, 200


def bounded(question: str) -> str:
    """Return a question as it is. Raises ConfigError if it is longer than any question that a query can answer."""
    if len(question) > CHARACTERS:
        raise ConfigError(f"The question has {len(question):,} characters.", f"Ask with at most {CHARACTERS:,} characters.")
    words = sum(one.shape != "mark" for one in tokens(question))
    if words > WORDS:
        raise ConfigError(f"The question has {words:,} words.", f"Ask with at most {WORDS:,} words.")
    return question
