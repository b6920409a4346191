"""A fit in lines for a terminal."""

from collections.abc import Iterator

from broadsheet.needs.agree.agreement import Figure
from broadsheet.needs.fit.run import Fitted


def lines(found: Fitted) -> Iterator[str]:
    """Yield what was learnt from, how often each way is right, what was left to the prototypes, and how the chosen one compares with them."""
    counts = ", ".join(f"{name} {count:,}" for name, count in found.levels.items())
    yield f"{found.texts:,} labelled texts by {', '.join(found.annotators)}: {counts}."
    if found.left_out:
        yield "Left out: " + ", ".join(f"{reason} {count:,}" for reason, count in found.left_out.items()) + "."
    if found.rare:
        yield f"Too few texts to learn from, left to the prototypes: {', '.join(found.rare)}."
    widest = max(len(one.name) for one in found.compared.tried)
    for one in found.compared.tried:
        quadratic = "untold" if one.quadratic is None else f"{one.quadratic:.2f}"
        chosen = "  <- this one" if one.name == found.compared.chosen else ""
        yield f"{one.name:>{widest}}  right {_figure(one.accuracy)}  macro F1 {one.macro_f1:.2f}  quadratic kappa {quadratic}{chosen}"
    yield f"Chosen in each fold by the rest, it is right more often than the prototypes by {_figure(found.compared.gain)}."
    yield found.says


def _figure(one: Figure) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"
