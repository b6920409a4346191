"""The options of every command that may ask a language model, and the client that they name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from broadsheet.core.llm import Client

Record = Annotated[Path | None, typer.Option("--record", help="Append what --llm answers, and what it was asked, to this file, for replay:FILE.")]
Prices = Annotated[Path | None, typer.Option("--prices", help="What models cost: a TOML file. Without it costs are not known.")]
MaxUsd = Annotated[float | None, typer.Option("--max-usd", min=0, help="Make no call that may cost more than what is left of this.")]
MaxCalls = Annotated[int | None, typer.Option("--max-calls", min=0, help="Make no more calls than this.")]
Store = Annotated[str | None, typer.Option("--store", help="The database of replies and of the ledger. Default: that of BROADSHEET_HOME.")]


class Asked(NamedTuple):
    """A language model by its name, where it is recorded, what it costs and may cost, and where replies are kept."""

    llm: str | None
    record: Path | None
    prices: Path | None
    max_usd: float | None
    max_calls: int | None
    store: str | None

    def client(self) -> "Client | None":
        """Return the model's client, or None where no model is named. Raises ConfigError for a file of recordings without a model."""
        from broadsheet.core.errors import ConfigError
        from broadsheet.core.home import store_path
        from broadsheet.core.llm import Budget, Client, Prices, open_llm
        from broadsheet.core.store import Store

        if self.llm is None:
            if self.record is not None:
                raise ConfigError("--record keeps what a language model answers, and none is named.", "Name one: --llm openai:MODEL@URL.")
            return None
        budget = Budget(usd=self.max_usd, calls=self.max_calls)
        prices = Prices.read(self.prices) if self.prices else None
        return Client(open_llm(self.llm, record=self.record), Store(self.store or store_path()), budget=budget, prices=prices)
