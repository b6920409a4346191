"""An amendment in words: by a model where there is one, else by edits of the tree; what changes without being asked for is taken back, and told."""

from collections.abc import Sequence
from typing import NamedTuple

from broadsheet.ask.amend.composed import composed
from broadsheet.ask.amend.guard import guard
from broadsheet.ask.amend.heard import Link
from broadsheet.ask.amend.words import Amended as ReadAmendment
from broadsheet.ask.amend.words import meanings, read_amendment
from broadsheet.ask.check.findings import Severity
from broadsheet.ask.check.scope import names_of, walk
from broadsheet.ask.cypher.nodes import NodePattern, Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.link.linker import link
from broadsheet.ask.loop.asking import asking_of
from broadsheet.ask.loop.drafting import Settled, settle, settled
from broadsheet.ask.loop.records import Option
from broadsheet.ask.loop.tools import Tools
from broadsheet.ask.question.words import parts
from broadsheet.ask.write.writer import Asking, Draft
from broadsheet.core.errors import ConfigError

RULES = "rules of amendment"
QUESTION = "the amendment read as a question of the same rows"
# Words that say that something is another: a condition gives way to one of its kind anyway.
SWAPS = frozenset({"instead", "rather"})
# Words for the rows that are there.
THEY = frozenset("them they these it".split())


class Amended(NamedTuple):
    """The amended query and what there is to tell; the changes that were taken back, with the text of the query that has them; or what the words may mean."""

    settled: Settled | None
    told: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    whole: str = ""
    options: tuple[Option, ...] = ()


def amend(query: Query, words: str, asking: Asking, tools: Tools) -> Amended:
    """Return a query amended in words. Raises LLMError where the model gives no reply, and ConfigError where the words are not understood."""
    draft = tools.writer.amend(asking, canonical(query), words)
    if draft is None:
        return _by_rules(query, words, asking, tools)
    made = settle(draft, asking, tools)
    if made.query is not None:
        return _guarded(query, made, words, tools)
    by_rules = _by_rules(query, words, asking, tools)
    return by_rules._replace(told=(f"{tools.writer.by} gave no query ({'; '.join(draft.notes)}): the words were read by rules.", *by_rules.told))


def _by_rules(query: Query, words: str, asking: Asking, tools: Tools) -> Amended:
    """Read the words over the schema and edit what they name, nothing else."""
    found = _read(query, words, tools)
    if not found.is_read and not found.is_tied and (made := _as_question(query, words, tools)) is not None:
        return Amended(settle(Draft(canonical(made), QUESTION, (f"amended: {words}",)), asking, tools))
    if not found.is_read and (offered := _respelt(query, words, tools)) is not None:
        return offered
    if found.choices:
        return Amended(None, (found.question,), options=_options(words, query, found.choices))
    if not found.is_read:
        raise ConfigError(
            f"{words!r} is not understood.",
            "Name a label, a relation, a property or a value, and what is to become of it; or: parts, edit N NEW, query CYPHER.",
        )
    told = (f"Not understood: {found.unread}",) if found.unread else ()
    return Amended(settle(Draft(canonical(found.tree), RULES, (f"amended: {words}",)), asking, tools), told)


def _respelt(query: Query, words: str, tools: Tools) -> Amended | None:
    """Offer what an amendment comes to with the name that is nearest to one which nothing has, spelt right."""
    missing = [one for one in link(words, tools.index).missing if one.nearest]
    if not missing:
        return None
    first = missing[0]
    right = f"{words[: first.place.start]}{first.nearest[0].value}{words[first.place.end :]}"
    found = _read(query, right, tools)
    made = found.tree if found.is_read else _as_question(query, right, tools)
    if made is None:
        return None
    return Amended(None, (f"Nothing is called {first.words!r}.",), options=_options(words, query, (made,)))


def _read(query: Query, words: str, tools: Tools) -> ReadAmendment:
    return read_amendment(words, query, tools.schema, lambda said: [Link(one.label, one.property, one.value) for one in tools.index.exact(said)])


def _as_question(query: Query, words: str, tools: Tools) -> Query | None:
    """Return a query over rows of one thing with what words ask of the same rows as a question of their own; None where the writer without a model has any doubt of it."""
    labels = [name for one in walk(query) if isinstance(one, NodePattern) for name in names_of(one.labels)]
    if tools.settings.writer != "slots" or len(labels) != 1:
        return None
    rows = f"{' '.join(parts(labels[0].name))}s"
    plain = " ".join(rows if one.lower().strip("?.!") in THEY else one for one in words.split() if one.lower().strip(",.!") not in SWAPS)
    for said in dict.fromkeys((plain, f"{rows} {plain}", f"Which {rows} are {plain}?")):
        draft = tools.writer.write(asking_of(said, tools, ()))
        if draft.text is None or draft.doubts or link(said, tools.index).missing:
            continue
        read = parse(draft.text).query
        made = composed(query, read) if read is not None else None
        if made is not None and not _alarms(settled(draft.text, tools, said)) and not _alarms(settled(canonical(made), tools)):
            return made
    return None


def _options(words: str, before: Query, choices: Sequence[Query]) -> tuple[Option, ...]:
    return tuple(Option(words=words, meaning=said, query=canonical(one)) for said, one in zip(meanings(before, choices), choices, strict=True))


def _guarded(before: Query, made: Settled, words: str, tools: Tools) -> Amended:
    """Take back what the words do not name, unless the query would be wrong without it."""
    assert made.query is not None
    found = guard(before, made.query, words, tools.schema)
    if not found.unrequested:
        return Amended(made)
    held = settled(canonical(found.tree), tools)
    unasked = tuple(one.words for one in found.unrequested if one not in found.kept)
    kept = tuple(f"Nobody asked for this, and it could not be taken back: {one.words}" for one in found.kept)
    if not unasked:
        return Amended(made, kept)
    if _errors(held) > _errors(made):
        return Amended(made, (*kept, *(f"Nobody asked for this, and without it the query would be wrong: {one}" for one in unasked)))
    return Amended(held._replace(drafts=made.drafts), kept, unasked, made.text)


def _alarms(made: Settled) -> bool:
    return any(one.severity != Severity.INFO for one in made.findings)


def _errors(made: Settled) -> int:
    return sum(one.severity == Severity.ERROR for one in made.findings)
