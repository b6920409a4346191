"""Whether picks get a TL;DR, by which language model, how long, and for how much."""

from typing import Annotated

from pydantic import Field

from broadsheet.core.config import Config


class TldrConfig(Config):
    """The settings of TL;DRs; without a model there are none.

    `llm` names a language model (`openai:MODEL@URL`, `smollm2`, …), `words` is the longest TL;DR. `calls` and `usd` bound what a page may cost;
    dollars need `prices`, a TOML file of what models cost.
    """

    llm: str = ""
    words: Annotated[int, Field(ge=5, le=120)] = 40
    calls: Annotated[int, Field(ge=0)] | None = None
    usd: Annotated[float, Field(ge=0)] | None = None
    prices: str = ""
