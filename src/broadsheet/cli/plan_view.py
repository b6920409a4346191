"""How slates and their plans are printed: as one JSON object, or slate by slate."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from broadsheet.plan.bundle import PlanBundle
    from broadsheet.plan.replay import Request
    from broadsheet.plan.run import Answered, Next

# Categories of a plan that are named before the rest is counted.
NAMED = 8


def printed(bundle: "PlanBundle", request: "Request", found: "Answered", *, as_json: bool) -> None:
    """Print what was asked for; ids that nobody knows are told on standard error."""
    for ask, strange in zip(request.asks, found.unknown, strict=True):
        who = ask.user or "the history"
        for item in strange:
            typer.echo(f"{item} is not in the bundle; {who} is answered without it.", err=True)
    if any(not ask.user and not set(ask.history) - set(strange) for ask, strange in zip(request.asks, found.unknown, strict=True)):
        typer.echo("Nothing that is known was given of a reader: scores are the mean over all.", err=True)
    if as_json:
        typer.echo(json.dumps(_plain(bundle, request, found), indent=1, ensure_ascii=False))
        return
    for line in _lines(bundle, found, many=len(request.asks) > 1):
        typer.echo(line)


def _plain(bundle: "PlanBundle", request: "Request", found: "Answered") -> dict[str, Any]:
    slates = [one.plain() for one in found.slates]
    return {"model": bundle.name, "drawn": request.draw, "played": bool(request.rounds), "unknown": found.unknown, "slates": slates, "facts": found.facts}


def _lines(bundle: "PlanBundle", found: "Answered", *, many: bool) -> Iterator[str]:
    yield bundle.name
    for one in found.slates:
        yield ""
        yield f"{f'{one.user}, ' if many else ''}slate {one.round}{_by(one)}"
        for place, pick in enumerate(one.picks, 1):
            chance = f"  drawn with {pick.propensity:.3f}" if pick.propensity is not None else ""
            mark = "  liked" if one.liked is not None and pick.item in one.liked else ""
            outside = "  outside the plan" if pick.outside else ""
            yield f"{place:>3}  {pick.chance:6.3f}  {pick.item}  {pick.title}  [{', '.join(pick.categories)}]{chance}{outside}{mark}"
        if not one.picks:
            yield "     nothing is on offer"
        if one.left:
            yield "     the reader left"


def _by(one: "Next") -> str:
    """Say which categories the slate may hold, and who chose them.

    >>> from broadsheet.plan.run import Made, Next
    >>> _by(Next("u", 1, (), Made(("a", "b"), "rule", 2), None))
    ', planned by rule for 2 slates: a, b'
    """
    if one.plan is None:
        return ", no plan"
    names = one.plan.categories
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    held = "this slate" if one.plan.ttl <= 1 else f"{one.plan.ttl} slates"
    return f", planned by {one.plan.source} for {held}: {', '.join(names[:NAMED])}{more}"
