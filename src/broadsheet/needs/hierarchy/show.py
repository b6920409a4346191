"""An inference in lines for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from broadsheet.needs.cells import Count

BAR = 30


def lines(held: Mapping[str, Any]) -> Iterator[str]:
    """Yield what may be told of an inference: the verdict, why, each level with a bar, how orders agree with the taxonomy's, what goes with income and age."""
    yield f"Verdict: {held['verdict']}. {held['reason']}"
    people, posts, mentions = (_count(held[name]) for name in ("people", "posts", "mentions"))
    yield f"{people} people, {posts} posts, {mentions} mentions. H {_figure(held['H'])} {_within(held['intervals'].get('H'))} ({held['strength']})."
    rests = held["finding"]
    yield (
        f"Beyond people's writing H {_figure(rests['beyond_writing'])} (p {_figure(rests['p'])}), without labelling errors {_figure(rests['without_error'])}; "
        f"unfolding is likelier than a scale by {_figure(rests['unfolding_better'])} standard errors."
    )
    widest = max((len(level["id"]) for level in held["levels"]), default=0)
    for level in reversed(held["levels"]):
        told = level["share"] is not None
        share = f"{'█' * round(BAR * level['share']):<{BAR}} {level['share']:6.1%}" if told else f"{level['people']} people"
        yield f"{level['id']:>{widest}}  {share} {_within(level['share_interval'])}  H {_figure(level['H'])}"
    agree = ", ".join(f"{name} {_figure(value)}" for name, value in held["taxonomy_agreement"].items())
    yield f"Kendall's tau with the taxonomy's order: {agree}. In time, p {_figure(held['time']['p'])} over {_count(held['time']['people'])} people."
    if claims := held["claims"]:
        yield (
            f"By what {_count(claims['people'])} people say comes first: {_figure(claims['agreement'])} up the levels {_within(claims['interval'])}, "
            f"p {_figure(claims['p'])}."
        )
    for one in held["covariates"]:
        yield from _covariate(one, widest)
    if held["suppressed"]["cells"]:
        yield held["suppressed"]["says"]


def _covariate(held: Mapping[str, Any], widest: int) -> Iterator[str]:
    left = f", {held['other_currency']:,} facts in another currency" if held["other_currency"] else ""
    yield f"With {held['kind']}, {held['unit']}: {_count(held['people'])} people tell theirs, {_count(held['missing'])} do not{left}. Log rate by {held['step']}:"
    for level in reversed(held["levels"]):
        yield f"{level['id']:>{widest}}  {_figure(level['slope'])} {_within(level['interval'])} p {_figure(level['p'])}"
    yield f"It grows by {_figure(held['trend'])} {_within(held['trend_interval'])} from a level to the next, p {_figure(held['p'])} (all p by Holm)."


def _count(people: Count) -> str:
    return people if isinstance(people, str) else f"{people:,}"


def _figure(value: float | None) -> str:
    return "untold" if value is None else f"{value:.3f}"


def _within(ends: Sequence[float] | None) -> str:
    return "" if ends is None else f"({ends[0]:.2f} to {ends[1]:.2f})"
