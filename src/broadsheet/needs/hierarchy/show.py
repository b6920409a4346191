"""An inference in lines for a terminal."""

from collections.abc import Iterator

from broadsheet.needs.hierarchy.infer import Inference, Interval

BAR = 30


def lines(found: Inference) -> Iterator[str]:
    """Yield what was inferred: the verdict, why, each level with a bar, and how orders agree with the taxonomy's."""
    yield f"Verdict: {found.verdict}. {found.reason}"
    yield f"{found.people:,} people, {found.posts:,} posts, {found.mentions:,} mentions. H {_figure(found.H)} {_within(found.intervals.get('H'))} ({found.strength})."
    rests = found.finding
    yield (
        f"Beyond people's writing H {_figure(rests.beyond_writing)} (p {_figure(rests.p)}), without labelling errors {_figure(rests.without_error)}; "
        f"unfolding is likelier than a scale by {_figure(rests.unfolding_better)} standard errors."
    )
    widest = max((len(level.id) for level in found.levels), default=0)
    for level in reversed(found.levels):
        bar = "█" * round(BAR * level.share)
        yield f"{level.id:>{widest}}  {bar:<{BAR}} {level.share:6.1%} {_within(level.share_interval)}  H {_figure(level.H)}"
    agree = ", ".join(f"{name} {_figure(value)}" for name, value in found.taxonomy_agreement.items())
    yield f"Kendall's tau with the taxonomy's order: {agree}. In time, p {_figure(found.time.p)} over {found.time.people:,} people."


def _figure(value: float | None) -> str:
    return "untold" if value is None else f"{value:.3f}"


def _within(ends: Interval | None) -> str:
    return "" if ends is None else f"({ends[0]:.2f} to {ends[1]:.2f})"
