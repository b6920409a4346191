"""What calls cost: prices from a file of the user's, and a budget that is asked before each call."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from broadsheet.core.config import Config, build, read_toml
from broadsheet.core.errors import ConfigError

Price = Annotated[float, Field(ge=0)]
MILLION = 1_000_000


class ModelPrice(Config):
    """Dollars a million tokens."""

    input: Price
    output: Price


class Prices(Config):
    """Prices by name of model. A model that is not named has no price: its cost is unknown, not nothing."""

    models: dict[str, ModelPrice] = Field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Prices":
        """Read a TOML file of `[models."NAME"]` with `input` and `output`, in dollars a million tokens."""
        return build(cls, read_toml(path), str(path))

    def cost(self, prompt_tokens: int | None, completion_tokens: int | None, *names: str) -> float | None:
        """Return dollars at the price of the first name that has one, or None where there is none or tokens are unknown.

        >>> Prices(models={"m": ModelPrice(input=1, output=4)}).cost(1000, 500, "m")
        0.003
        """
        price = next((self.models[name] for name in names if name in self.models), None)
        if price is None or prompt_tokens is None or completion_tokens is None:
            return None
        return (prompt_tokens * price.input + completion_tokens * price.output) / MILLION


class Budget(Config):
    """The most that one client may spend: dollars, tokens, calls. What is None is not bounded."""

    usd: Annotated[float, Field(ge=0)] | None = None
    tokens: Annotated[int, Field(ge=0)] | None = None
    calls: Annotated[int, Field(ge=0)] | None = None


class Amount(Config):
    """What a call may take at most, or took. `usd` is None where the price is unknown."""

    usd: float | None = None
    tokens: int = 0
    calls: int = 1


class Purse:
    """What is left of a budget. A call takes its upper bound before it is made and gives back what it did not use."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._spent: dict[str, Any] = {"usd": 0.0, "tokens": 0, "calls": 0}
        self.in_flight = 0

    def check_prices(self, prices: Prices, model: str) -> None:
        """Raise ConfigError where dollars are bounded and the model has no price."""
        if self._budget.usd is not None and model not in prices.models:
            raise ConfigError(
                f"The budget is in dollars, and {model} has no price.",
                f'Name a price file with [models."{model}"], input and output; or bound tokens or calls.',
            )

    def take(self, most: Amount) -> bool:
        """Take an upper bound; False where it does not fit into what is left."""
        after = self._plus(most)
        if any(limit is not None and after[name] > limit for name, limit in self._budget):
            return False
        self._spent = after
        self.in_flight += 1
        return True

    def settle(self, most: Amount, used: Amount) -> None:
        """Give back what a call took beyond what it used."""
        self.in_flight -= 1
        back = {"usd": (most.usd or 0.0) - (used.usd or 0.0), "tokens": most.tokens - used.tokens, "calls": most.calls - used.calls}
        self._spent = {name: self._spent[name] - back[name] for name in back}

    def shown(self) -> str:
        """Say the budget and what of it is spent, for errors."""
        return ", ".join(f"{self._spent[name]:.6g} of {limit:.6g} {name}" for name, limit in self._budget if limit is not None)

    def _plus(self, amount: Amount) -> dict[str, Any]:
        return {"usd": self._spent["usd"] + (amount.usd or 0.0), "tokens": self._spent["tokens"] + amount.tokens, "calls": self._spent["calls"] + amount.calls}
