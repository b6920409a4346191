"""Which request of the double fails, and how: the first few in a stated order, others by chance that a seed and the request decide."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from broadsheet.core.errors import ConfigError, did_you_mean

FAULTS = {
    "429": "too many requests, with Retry-After; not counted as a call",
    "500": "the server failed; not counted as a call",
    "stall": "counted, and answered after --stall seconds",
    "drop": "counted, and the connection closed without an answer",
    "truncated": "half of the answer, finish_reason length",
    "refusal": "a refusal in place of an answer",
    "invalid": "JSON of another form",
}


@dataclass(frozen=True)
class Faults:
    """`first` are the faults of the first requests in order of arrival ("" for none), `rates` the share of each among the others."""

    rates: Mapping[str, float] = field(default_factory=dict)
    first: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        for name in (*self.rates, *filter(None, self.first)):
            if name not in FAULTS:
                raise ConfigError(f"There is no fault {name!r}.{did_you_mean(name, FAULTS)}", f"Faults are: {', '.join(FAULTS)}.")
        if any(rate < 0 for rate in self.rates.values()) or sum(self.rates.values()) > 1:
            raise ConfigError("Shares of faults lie between 0 and 1, and so does their sum.", "Write e.g. --fault 429:0.1")

    @classmethod
    def read(cls, stated: Iterable[str], seed: int = 0) -> "Faults":
        """Read `NAME:SHARE` of each fault.

        >>> Faults.read(["429:0.1"]).rates
        {'429': 0.1}
        """
        rates = {}
        for one in stated:
            name, _, share = one.partition(":")
            try:
                rates[name] = float(share)
            except ValueError:
                raise ConfigError(f"--fault {one!r} is not of the form NAME:SHARE.", "Write e.g. --fault 429:0.1") from None
        return cls(rates, seed=seed)

    def of(self, number: int, request: str, times: int) -> str:
        """Return the fault of the request that is the `number`-th to come and came `times` times before, or nothing."""
        if number < len(self.first):
            return self.first[number]
        dice = chance(self.seed, "fault", request, times)
        for name, rate in self.rates.items():
            if dice < rate:
                return name
            dice -= rate
        return ""


def chance(seed: int, *parts: object) -> float:
    """Return a number in [0, 1) that follows from a seed and parts."""
    digest = hashlib.sha256("\x1f".join(map(str, (seed, *parts))).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
