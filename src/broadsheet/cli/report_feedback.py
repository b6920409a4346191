"""`broadsheet report feedback`: what a reader did, told, listed and undone from the command line."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.report_options import Json, ProfileName, StoreUrl

if TYPE_CHECKING:
    from broadsheet.core.schema import Event
    from broadsheet.core.store import Store

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Tell what you want more and less of: the next report learns from it.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Items = Annotated[list[str], typer.Argument(help="Ids as the page shows them, e.g. 2602.06393.")]
Fields = Annotated[list[str], typer.Argument(help="Ids as the page shows them, or category:NAME, e.g. category:cs.RO.")]
Label = Annotated[datetime | None, typer.Option("--label", formats=["%Y-%m-%d"], help="The label of the page. Default: the newest that showed the paper.")]


@app.command("more")
def more(items: Items, profile: ProfileName, label: Label = None, store: StoreUrl = "", as_json: Json = False) -> None:
    """Want more papers like these.

    Example: broadsheet report feedback more 2602.06393 --profile me.toml
    """
    _tell("more", items, profile, label, store, as_json=as_json)


@app.command("less")
def less(items: Items, profile: ProfileName, label: Label = None, store: StoreUrl = "", as_json: Json = False) -> None:
    """Want fewer papers like these.

    Example: broadsheet report feedback less 2602.06393 --profile me.toml
    """
    _tell("less", items, profile, label, store, as_json=as_json)


@app.command("save")
def save(items: Items, profile: ProfileName, label: Label = None, store: StoreUrl = "", as_json: Json = False) -> None:
    """Say that these papers are worth keeping.

    Example: broadsheet report feedback save 2602.06393 --profile me.toml
    """
    _tell("saved", items, profile, label, store, as_json=as_json)


@app.command("read")
def read(items: Items, profile: ProfileName, label: Label = None, store: StoreUrl = "", as_json: Json = False) -> None:
    """Leave papers that you have read out of later reports.

    Example: broadsheet report feedback read 2602.06393 --profile me.toml
    """
    _tell("read", items, profile, label, store, as_json=as_json)


@app.command("not-my-field")
def not_my_field(items: Fields, profile: ProfileName, label: Label = None, store: StoreUrl = "", as_json: Json = False) -> None:
    """Take the field of these papers down, or a category.

    Example: broadsheet report feedback not-my-field category:cs.RO --profile me.toml
    """
    _tell("not-my-field", items, profile, label, store, as_json=as_json)


@app.command("undo")
def undo(
    items: Annotated[list[str], typer.Argument(help="Ids; category:NAME; or channel:mail, to be subscribed again.")],
    profile: ProfileName,
    act: Annotated[str, typer.Option("--act", help="Which act: more, less, saved, opened, read, not-my-field. Default: the newest.")] = "",
    store: StoreUrl = "",
    as_json: Json = False,
) -> None:
    """Take back the newest act on each of these papers, as if it had not been.

    Example: broadsheet report feedback undo 2602.06393 --profile me.toml
    """
    from broadsheet.core.errors import ConfigError, SourceNotFoundError, did_you_mean
    from broadsheet.core.store import open_store
    from broadsheet.report.feedback.record import ACTS, record_undo
    from broadsheet.report.feedback.subscription import CHANNEL, subscribe_again

    act = {"save": "saved"}.get(act, act)
    if act and act not in ACTS:
        raise ConfigError(f"There is no act {act!r}.{did_you_mean(act, ACTS)}", f"Acts are: {', '.join(ACTS)}.")
    with open_store(store) as opened:
        reader = _reader(profile)
        undone: list[str] = []
        for item in map(_id, items):
            if item.startswith(CHANNEL):
                found = subscribe_again(opened, reader, item.removeprefix(CHANNEL))
            else:
                found = record_undo(opened, reader, item, kind=act) is not None
            if not found:
                # What came before in the list is undone already, and said so.
                _print({"reader": reader, "undone": undone}, [f"undone: {one}" for one in undone], as_json=as_json)
                raise SourceNotFoundError(f"{reader} did nothing on {item} that could be undone.", "See: broadsheet report feedback list --profile …")
            undone.append(item)
    _print({"reader": reader, "undone": undone}, [f"undone: {one}" for one in undone], as_json=as_json)


@app.command("list")
def list_events(profile: ProfileName, store: StoreUrl = "", as_json: Json = False) -> None:
    """List what a reader did, oldest first, with what was undone.

    Example: broadsheet report feedback list --profile me.toml
    """
    from broadsheet.core.store import open_store
    from broadsheet.report.feedback.record import SHOWN, standing, undone_by

    with open_store(store) as opened:
        reader = _reader(profile)
        events = opened.events(reader)
        titles = {name: item.title for name, item in opened.items(e.item for e in events).items()}
    held = {(e.item, e.kind, e.at) for e in standing(events)}
    told = [e for e in events if e.kind != SHOWN and undone_by(e.kind) is None]
    rows: list[dict[str, Any]] = [{**_row(e), "title": titles.get(e.item, ""), "holds": (e.item, e.kind, e.at) in held} for e in told]
    lines = [f"{r['at'][:16].replace('T', ' ')}  {r['kind']:<13}{'' if r['holds'] else 'undone  '}{r['item']}  {r['title']}".rstrip() for r in rows]
    _print({"reader": reader, "shown": sum(1 for e in events if e.kind == SHOWN), "events": rows}, lines or ["Nothing yet."], as_json=as_json)


@app.command("library")
def library(
    old: Annotated[Path, typer.Argument(help="The library as it was: .bib, CSL .json, or a table.")],
    new: Annotated[Path, typer.Argument(help="The library as it is.")],
    profile: ProfileName,
    store: StoreUrl = "",
    as_json: Json = False,
) -> None:
    """Take what came into a library as saved, and undo the saving of what went.

    Example: broadsheet report feedback library yesterday.bib library.bib --profile me.toml
    """
    from broadsheet.core.store import open_store
    from broadsheet.report.feedback.record import library_change, record_library
    from broadsheet.sources import read_library

    change = library_change(read_library(old), read_library(new))
    with open_store(store) as opened:
        reader = _reader(profile)
        found = record_library(opened, reader, change)
    lines = [f"saved: {e.item}" for e in found.saved] + [f"undone: {e.item}" for e in found.undone]
    lines.append(f"{len(change.came)} came, {len(change.went)} went; {found.known} were known as saved.")
    _print({"reader": reader, "saved": [e.item for e in found.saved], "undone": [e.item for e in found.undone], "known": found.known}, lines, as_json=as_json)


@app.command("rotate")
def rotate(
    forget: Annotated[
        bool, typer.Option("--forget", help="Drop the older secrets too, as after one became known: no link that is out opens any more.")
    ] = False,
) -> None:
    """Make a new secret for signed links; those that are out open until they expire.

    Example: broadsheet report feedback rotate
    """
    from broadsheet.report.feedback.signing import rotate_secret

    typer.echo(str(rotate_secret(forget=forget)))


def _tell(kind: str, items: list[str], profile: str, label: datetime | None, store: str, *, as_json: bool) -> None:
    from broadsheet.core.store import open_store
    from broadsheet.report.feedback.record import record_act

    with open_store(store) as opened:
        reader = _reader(profile)
        ids = [_id(item) for item in items]
        _check_known(opened, ids, fields=kind == "not-my-field")
        page: date | None = label.date() if label else None
        if page is not None:
            _check_shown(opened, reader, ids, page)
        events = [record_act(opened, reader, item, kind, label=page) for item in ids]
    _print({"reader": reader, "events": [_row(e) for e in events]}, [f"{e.kind}: {e.item}" for e in events], as_json=as_json)


def _check_known(store: "Store", ids: list[str], *, fields: bool) -> None:
    """Raise SourceNotFoundError for an item that no page of this database had: nothing could be learnt from it."""
    from broadsheet.core.errors import SourceNotFoundError
    from broadsheet.report.feedback.record import CATEGORY

    known = store.items(ids)
    for item in ids:
        if item not in known and not (fields and item.startswith(CATEGORY)):
            raise SourceNotFoundError(
                f"The database {store.shown} has no paper {item}; nothing was recorded.",
                "Give an id as the page shows it; the built-in sample is kept only in a database that is named. Another database: --store.",
            )


def _check_shown(store: "Store", reader: str, ids: list[str], label: date) -> None:
    from broadsheet.core.errors import SourceNotFoundError
    from broadsheet.report.feedback.record import SHOWN

    shown = {e.item for e in store.events(reader) if e.kind == SHOWN and e.at.date() == label}
    missing = [item for item in ids if item not in shown]
    if missing:
        raise SourceNotFoundError(f"The page of {label} did not show {missing[0]} to {reader}; nothing was recorded.", "Leave --label out, or name another.")


def _reader(profile: str) -> str:
    """Return the reader's name, as the profile states it and the page says it."""
    from broadsheet.report.profile import found_profile

    with found_profile(profile) as found:
        return found.name


def _id(item: str) -> str:
    from broadsheet.sources.arxiv.ids import as_arxiv_id

    arxiv = as_arxiv_id(item)
    return arxiv.key if arxiv else item


def _row(event: "Event") -> dict[str, Any]:
    return event.model_dump(mode="json")


def _print(data: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    import json

    if as_json:
        typer.echo(json.dumps(data, indent=1, ensure_ascii=False))
    else:
        for line in lines:
            typer.echo(line)
