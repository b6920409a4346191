"""How slates and their plans are printed: as one JSON object, or slate by slate."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from broadsheet.core.bench import Bench
    from broadsheet.plan.bundle import PlanBundle
    from broadsheet.plan.datasets.pair import Pair
    from broadsheet.plan.replay import Request
    from broadsheet.plan.run import Answered, Next

# Categories of a plan that are named before the rest is counted.
NAMED = 8
IN_TURN = "Slots are filled one after the other, and what stands beside takes off a score: they are not in the order of chances."
DRAWN = "Slots are drawn one after the other: they are not in the order of chances."
# What stands in the small table of a bench, and in what order.
BRIEF = ("r_cum", "gain_flat", "p_flat", "r_each", "overlap", "coverage", "regret_closed")


def printed(bundle: "PlanBundle", request: "Request", found: "Answered", *, as_json: bool) -> None:
    """Print what was asked for; ids that nobody knows are told on standard error."""
    for ask, strange in zip(request.asks, found.unknown, strict=True):
        who = ask.user or "the history"
        for item in strange:
            typer.echo(f"{item} is not in the bundle; {who} is answered without it.", err=True)
    if any(not ask.user and not set(ask.history) - set(strange) for ask, strange in zip(request.asks, found.unknown, strict=True)):
        typer.echo("Nothing that is known was given of a reader: this is the answer for a reader of whom nothing is known, by the mean over all.", err=True)
    if as_json:
        typer.echo(json.dumps(_plain(bundle, request, found), indent=1, ensure_ascii=False))
        return
    for line in _lines(bundle, found, many=len(request.asks) > 1, drawn=request.draw):
        typer.echo(line)


def _plain(bundle: "PlanBundle", request: "Request", found: "Answered") -> dict[str, Any]:
    slates = [one.plain() for one in found.slates]
    return {"model": bundle.name, "drawn": request.draw, "played": bool(request.rounds), "unknown": found.unknown, "slates": slates, "facts": found.facts}


def _lines(bundle: "PlanBundle", found: "Answered", *, many: bool, drawn: bool) -> Iterator[str]:
    yield bundle.name
    yield f"slot, chance that it is liked, item{', chance of the draw' if drawn else ''}"
    yield DRAWN if drawn else IN_TURN
    if any(one.liked is not None for one in found.slates):
        yield "The readers are simulated: they like what the agent believes that they like."
    for one in found.slates:
        yield ""
        played = one.liked is not None
        yield f"{f'{one.user}, ' if many else ''}slate {one.round}{' of a simulated reader' if played else ''}{_by(one)}"
        for place, pick in enumerate(one.picks, 1):
            chance = f"  drawn with {pick.propensity:.3f}" if pick.propensity is not None else ""
            mark = "  liked by the simulated reader" if one.liked is not None and pick.item in one.liked else ""
            outside = "  outside the plan" if pick.outside else ""
            yield f"{place:>3}  {pick.chance:6.3f}  {pick.item}  {pick.title}  [{', '.join(pick.categories)}]{chance}{outside}{mark}"
        if not one.picks:
            yield "     nothing is on offer"
        if one.left:
            yield "     the simulated reader left"


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


def told_of_folder(pair: "Pair") -> None:
    """Tell on standard error what was dropped of a folder of sequences, and what is described nowhere."""
    from broadsheet.plan.datasets.shop import remarks

    for line in remarks(pair.material.facts):
        typer.echo(line, err=True)


def trained(told: Mapping[str, float]) -> Iterator[str]:
    """Yield what a training came to, and a warning where the policy has no more than the better of two rules."""
    before, after = told["validation_return_untrained"], told["validation_return"]
    yield f"return on validation users: {before:.3f} before training, {after:.3f} after it, {told['validation_length']:.1f} slates a session"
    rules = {name: told[f"validation_return_{name}"] for name in ("random", "greedy")}
    yield f"the same sessions: {', '.join(f'{value:.3f} by {name}' for name, value in rules.items())}"
    best = max(rules, key=lambda name: rules[name])
    if after <= rules[best]:
        yield f"Take care: the trained policy does not beat {best} on validation users. Train longer (--set iterations=N), or use no policy."
    yield f"{told['environment_steps']:,.0f} environment steps, 90 % of the return after {told['environment_steps_to_90_percent']:,.0f}"
    yield f"plans: {told['plans']:,.0f} on validation users, {told['fallback share']:.1%} of them fall-backs; {told['actions']:.0f} candidates a round"


def trusted(name: str) -> str:
    """Say which estimate of a log to go by, and why.

    >>> trusted("snips")
    'Go by snips: the log has no chance for each candidate, or it would be dr.'
    """
    if name == "dr":
        return "Go by dr: it holds where the propensities or the chances of the model are right; direct believes the model alone."
    if name == "snips":
        return "Go by snips: the log has no chance for each candidate, or it would be dr."
    return "Go by none: nothing that was shown would be shown by the target."


def brief(bench: "Bench") -> "Bench":
    """Return a bench of planned slates with the few columns that are read first; every column is in its JSON."""
    rows = []
    for row in bench.rows:
        kept = {name: row[name] for key in BRIEF for name in (key, f"{key}_lo", f"{key}_hi") if name in row}
        rows.append({"name": row["name"], **{name: value for name, value in kept.items() if not name.startswith("regret_closed_")}})
    data = {key: value for key, value in bench.data.items() if not isinstance(value, Mapping)}
    return bench.model_copy(update={"rows": tuple(rows), "data": data, "notes": ("All columns: --json", *bench.notes)})
