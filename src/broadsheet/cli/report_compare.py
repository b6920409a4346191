"""`broadsheet report compare`: what readers' clicks say of two rankings."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.report_options import Json, StoreUrl

if TYPE_CHECKING:
    from broadsheet.core.metrics import Interval
    from broadsheet.report.feedback.interleave import InterleaveVerdict
    from broadsheet.report.feedback.split import SplitVerdict

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Which of two rankings readers prefer, from the events in the store. A profile asks for the comparison with [compare].",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Name = Annotated[str, typer.Argument(help="The comparison's name; not needed where there is only one.")]
Since = Annotated[datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="The first label that counts.")]
Until = Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last label that counts.")]
WIDTH = 41
LOOKS = "p holds for one look that was planned before; whoever looks more often goes by the last column, which holds at any look."


@app.command("interleave")
def interleave(name: Name = "", *, store: StoreUrl = "", since: Since = None, until: Until = None, as_json: Json = False) -> None:
    """Judge interleaved pages: wins per reader and day, credit per click, a randomisation test by reader.

    Example: broadsheet report compare interleave words-or-meaning
    """
    from broadsheet.core.store import open_store
    from broadsheet.report.feedback.marks import interleaved

    with open_store(store) as held:
        found = interleaved(held, name, *_span(since, until))
    _printed(found, _of_interleaving(found), as_json=as_json)


@app.command("split")
def split(name: Name = "", *, store: StoreUrl = "", since: Since = None, until: Until = None, as_json: Json = False) -> None:
    """Judge a split test: the sample ratio first, then click-through and value per reader with intervals.

    Example: broadsheet report compare split words-or-meaning --json
    """
    from broadsheet.core.store import open_store
    from broadsheet.report.feedback.marks import split_over

    with open_store(store) as held:
        found = split_over(held, name, *_span(since, until))
    _printed(found, _of_split(found), as_json=as_json)


def _span(since: datetime | None, until: datetime | None) -> tuple[date, date]:
    return (since.date() if since else date.min, until.date() if until else date.max)


def _printed(found: Any, lines: Iterator[str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_plain(found), indent=1, ensure_ascii=False))
        return
    for line in lines:
        typer.echo(line)


def _plain(value: Any) -> Any:
    """Return named tuples as objects; a number that is not finite has no place in JSON."""
    if hasattr(value, "_asdict"):
        return {key: _plain(held) for key, held in value._asdict().items()}
    if isinstance(value, dict):
        return {key: _plain(held) for key, held in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(held) for held in value]
    return None if isinstance(value, float) and not abs(value) < float("inf") else value


def _of_interleaving(found: "InterleaveVerdict") -> Iterator[str]:
    yield f"{found.experiment}: {found.pages} pages of {found.readers} readers"
    yield f"pages won   a {found.wins_a}   b {found.wins_b}   tied {found.ties}"
    yield f"clicks      a {found.credit_a}   b {found.credit_b}   on what both or nobody picked {found.uncredited}"
    if found.preference is not None:
        yield f"lead of a   {_interval(found.preference)}   p {found.p:.3g}   at any look {_interval_of(found.anytime.low, found.anytime.high)}"
        yield f"            {bar(found.preference, -1, 1)}   -1 to 1"
    if found.share is not None:
        yield f"a's share   {_interval(found.share)} of the clicks that one team earned"
    yield LOOKS
    yield _said(found.said)


def _of_split(found: "SplitVerdict") -> Iterator[str]:
    ratio = ", ".join(f"{arm} {count} (expected {found.ratio.expected[arm]:.1f})" for arm, count in found.ratio.counts.items())
    yield f"{found.experiment}: readers {ratio}; chi-square p {found.ratio.p:.3g}"
    if found.strays:
        yield f"left out: {found.strays} readers who were shown both arms"
    for arm in found.arms:
        yield f"{arm.name:<10}  click-through {_interval(arm.click_through)}   value per reader {_interval(arm.value)}   ({arm.clicks} clicks of {arm.shown} papers)"
    for one in found.differences:
        yield (
            f"{one.arm} over {found.arms[0].name}: {one.figure} {one.mean:+.4g} ({one.low:+.4g} to {one.high:+.4g}), {100 * one.relative:+.1f} %, p {one.p:.3g} "
            f"(Holm {one.adjusted:.3g}); at any look {_interval_of(one.anytime.low, one.anytime.high)}; detectable {one.detectable:.3g}"
        )
    if found.differences:
        yield LOOKS
    yield _said(found.said)


def _said(said: str) -> str:
    words = {
        "no difference": "Verdict: no difference is shown.",
        "too little": "Verdict: too few readers, or no clicks, to say anything.",
        "refused": "Verdict: refused. The arms' sizes are not what the assignment gives (p < .001): find out which readers are lost before any figure is believed.",
        "mixed": "Verdict: mixed. Figures differ in opposite directions.",
    }
    return words.get(said, f"Verdict: {said} is better.")


def _interval(interval: "Interval") -> str:
    return f"{interval.mean:.4g} {_interval_of(interval.low, interval.high)}"


def _interval_of(low: float, high: float) -> str:
    return f"({low:.4g} to {high:.4g})"


def bar(interval: "Interval", least: float, greatest: float, width: int = WIDTH) -> str:
    """Draw an interval on a line: `=` from end to end, `o` the mean, `|` the middle.

    >>> from collections import namedtuple
    >>> bar(namedtuple("I", "mean low high")(0.5, 0.25, 0.75), -1, 1, 9)
    '....|=o=.'
    """

    def place(value: float) -> int:
        return round((min(max(value, least), greatest) - least) / (greatest - least) * (width - 1))

    line = ["."] * width
    line[place((least + greatest) / 2)] = "|"
    line[place(interval.low) : place(interval.high) + 1] = "=" * (place(interval.high) - place(interval.low) + 1)
    line[place(interval.mean)] = "o"
    return "".join(line)
