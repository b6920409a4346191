"""`broadsheet report fetch`, `backfill` and `status`: days that are whole, or say what they lack."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.report_options import Categories, Json, ProfileName, StoreUrl

if TYPE_CHECKING:
    from broadsheet.sources.arxiv.outcome import DayOutcome

Since = Annotated[datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="The first label. Default: the oldest that is known of these lists.")]
Label = Annotated[datetime | None, typer.Option("--label", formats=["%Y-%m-%d"], help="The label. Default: the newest that is announced.")]
Wait = Annotated[
    float,
    typer.Option(
        "--wait", min=0, help="Minutes in which a list that is late, stale or not whole is asked for again, ever more seldom. Default: asked for once."
    ),
]
Timeout = Annotated[float, typer.Option("--timeout", min=1, help="Seconds in which one of arXiv's answers has to be whole, tries and waits included.")]
Fill = Annotated[bool, typer.Option("--fill", help="Ask by their numbers for papers that the listing names and the feed does not bring.")]


def fetch(
    category: Categories = None,
    profile: ProfileName = "",
    label: Label = None,
    wait: Wait = 0.0,
    timeout: Timeout = 900.0,
    store: StoreUrl = "",
    *,
    fill: Fill = False,
    as_json: Json = False,
) -> None:
    """Fetch the newest day of some lists and count it against arXiv's own listings; a day that is whole is not asked for again.

    Exit codes: 0 whole, or no mailing; 3 not there yet; 4 stale; 5 not whole; 52 throttled; 20 to 29, 50, 51 broken.

    Example: broadsheet report fetch --category cs.IR --category cs.CL
    """
    from broadsheet.report.live import lists_of, open_days
    from broadsheet.sources.arxiv.addresses import ClientLimits
    from broadsheet.sources.arxiv.days import Patience

    names = lists_of(category or (), profile)
    with open_days(store, patience=Patience(60 * wait), say=_say, limits=ClientLimits.within(timeout)) as days:
        outcome = days.ask(names, _day(label), fill_in=fill)
    _show([outcome], as_json=as_json, single=True)
    outcome.check()


def backfill(
    category: Categories = None,
    profile: ProfileName = "",
    since: Since = None,
    wait: Wait = 0.0,
    timeout: Timeout = 900.0,
    store: StoreUrl = "",
    *,
    as_json: Json = False,
) -> None:
    """Fill in labels that were missed, oldest first: days that are over from arXiv's archive (OAI-PMH), the newest from its feed.

    Exit codes are those of `fetch`, of the oldest label that is not whole.

    Example: broadsheet report backfill --category cs.IR --since 2026-02-02
    """
    from broadsheet.report.live import lists_of, open_days
    from broadsheet.sources.arxiv.addresses import ClientLimits
    from broadsheet.sources.arxiv.days import Patience
    from broadsheet.sources.arxiv.outcome import outcomes_check

    names = lists_of(category or (), profile)
    with open_days(store, patience=Patience(60 * wait), say=_say, limits=ClientLimits.within(timeout)) as days:
        outcomes = days.backfill(names, _day(since))
    _show(outcomes, as_json=as_json)
    if not outcomes and not as_json:
        typer.echo("Nothing is missing.", err=True)
    outcomes_check(outcomes)


def status(category: Categories = None, profile: ProfileName = "", since: Since = None, store: StoreUrl = "", *, as_json: Json = False) -> None:
    """Show where each list stands on each label, by what is kept here and the calendar; nothing is asked of arXiv.

    Example: broadsheet report status --category cs.IR --since 2026-02-02
    """
    from broadsheet.report.live import lists_of, open_days

    names = lists_of(category or (), profile)
    with open_days(store) as days:
        outcomes = days.status(names, _day(since))
    _show(outcomes, as_json=as_json)


def _day(stated: datetime | None) -> date | None:
    return stated.date() if stated else None


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _show(outcomes: "Sequence[DayOutcome]", *, as_json: bool, single: bool = False) -> None:
    import json

    if as_json:
        rows = [_as_json(outcome) for outcome in outcomes]
        typer.echo(json.dumps(rows[0] if single else {"days": rows}, indent=1, ensure_ascii=False))
        return
    width = max((len(one.name) for outcome in outcomes for one in outcome.lists), default=0)
    for outcome in outcomes:
        typer.echo(f"{outcome.label:%a} {outcome.label}  {outcome.state}")
        for one in outcome.lists:
            count = "" if one.state == "skipped" else f"{one.kept}{'' if one.stated is None else f' of {one.stated}'}"
            typer.echo(f"  {one.name:<{width}}  {one.state:<10}  {count:<12}  {one.note}".rstrip())
        for note in outcome.notes:
            typer.echo(f"Note: {note}", err=True)


def _as_json(outcome: "DayOutcome") -> dict[str, Any]:
    fault = outcome.fault
    return {
        "label": str(outcome.label),
        "state": outcome.state,
        "exit_code": outcome.exit_code,
        "lists": [one.model_dump(mode="json", exclude={"label"}) for one in outcome.lists],
        "papers": len(outcome.announcements),
        "notes": outcome.notes,
        "fault": fault and {"kind": type(fault).__name__, "exit_code": fault.exit_code, "what": fault.what, "retry_after": getattr(fault, "retry_after", None)},
    }
