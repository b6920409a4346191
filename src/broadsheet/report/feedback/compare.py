"""What a profile says of a comparison: two rankings by their settings, on one page in turn or each for its readers."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from broadsheet.core.config import Config
from broadsheet.core.errors import ProfileError
from broadsheet.report.feedback.names import check_name


class CompareConfig(Config):
    """Whether two rankings are compared, and how; without a name none are.

    `a` and `b` are settings of `ranking`, laid over those of the run: `a = {use_dense = false}`. In the form `interleave` both fill the page in turn, by the draft that follows from
    `seed`, the reader and the label; in the form `split` a hash puts the reader in one arm for ever, `share` of all readers in `b`.
    """

    name: str = ""
    form: Literal["interleave", "split"] = "interleave"
    a: dict[str, Any] = Field(default_factory=dict)
    b: dict[str, Any] = Field(default_factory=dict)
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    seed: int = 0

    @property
    def wanted(self) -> bool:
        """Whether two rankings are compared."""
        return bool(self.name)

    @property
    def shares(self) -> dict[str, float]:
        """What share of readers each arm of a split test has."""
        return {"a": 1 - self.share, "b": self.share}

    def check(self) -> "CompareConfig":
        """Raise ProfileError for settings without a name, or a name that cannot be kept."""
        if (self.a or self.b) and not self.name:
            raise ProfileError("Two rankings are to be compared, and the comparison has no name.", 'Name it: [compare] name = "words-or-meaning".')
        if self.name:
            check_name(self.name)
        return self


def laid_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested settings with others laid over them.

    >>> laid_over({"x": {"y": 1, "z": 2}}, {"x": {"y": 3}})
    {'x': {'y': 3, 'z': 2}}
    """
    found = dict(base)
    for key, value in over.items():
        held = found.get(key)
        found[key] = laid_over(held, value) if isinstance(held, Mapping) and isinstance(value, Mapping) else value
    return found
