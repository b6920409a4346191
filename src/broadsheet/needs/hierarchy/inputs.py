"""Files of posts and of accepted mentions, read into the frames that a hierarchy is inferred from."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.errors import ConfigError, SourceNotFoundError, TaxonomyError
from broadsheet.core.schema import Columns
from broadsheet.needs.claims import Claim, parse_claim
from broadsheet.needs.facts import read_facts
from broadsheet.needs.hierarchy.claimed import read_order_claims
from broadsheet.needs.hierarchy.infer import Evidence
from broadsheet.needs.posts import written
from broadsheet.needs.taxonomy import Taxonomy

# Years in which needs of each horizon are to be met, about the middle of each.
YEARS = {"now": 0.0, "<1y": 0.5, "1-5y": 3.0, ">5y": 10.0}


class Spoken(NamedTuple):
    """Mentions by post and level, the horizons in years that some of them tell by level, and how many were left out for which reason."""

    mentions: pl.DataFrame
    horizons: Mapping[int, Sequence[float]]
    left_out: Mapping[str, int]


def read_authors(path: Path) -> pl.DataFrame:
    """Return posts (post, author, at in seconds, a hash of what is said) of a file of JSON lines; texts are not kept.

    Raises SourceNotFoundError, EmptySourceError or RecordError.
    """
    rows = [(one.post, one.author, one.at, said(one.text)) for one in written(path)]
    return pl.DataFrame(rows, schema=[Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT_HASH], orient="row")


def said(text: str) -> str:
    """Return a hash of a text that does not see case and white space.

    >>> said("Rent  is due") == said("rent IS due")
    True
    """
    return hashlib.blake2b(" ".join(text.lower().split()).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def read_mentions(path: Path, posts: pl.DataFrame, taxonomy: Taxonomy) -> Spoken:
    """Return the mentions of a file of JSON lines whose post and need are known; what is left out is counted by its reason, and nothing else is.

    Each is taken as accepted already: whether its evidence stands in its post is the gate's to tell.
    """
    known, ids, found = set(posts[Columns.POST].to_list()), set(), []
    left_out: Counter[str] = Counter()
    horizons: dict[int, list[float]] = {}
    places = {level.id: number for number, level in enumerate(taxonomy.levels)}
    try:
        with path.open("rb") as lines:
            for line in lines:
                claim, level, reason = read_mention(line, taxonomy)
                if claim is not None and level is not None:
                    reason = "duplicate_id" if claim.id in ids else "unknown_post" if claim.post not in known else ""
                if reason or claim is None or level is None:
                    left_out[reason] += 1
                    continue
                ids.add(claim.id)
                found.append((claim.post, level))
                if (years := YEARS.get(str(json.loads(line).get("horizon")))) is not None:
                    horizons.setdefault(places[level], []).append(years)
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of --mentions.") from None
    schema = {Columns.POST: pl.String, Columns.LEVEL: pl.String}
    return Spoken(pl.DataFrame(found, schema=schema, orient="row"), horizons, dict(sorted(left_out.items())))


class Files(NamedTuple):
    """Files of facts and of claims, where they are given."""

    facts: Path | None = None
    claims: Path | None = None


def read_beside(
    files: Files, posts: pl.DataFrame, levels: Sequence[str], spoken: Spoken, texts: Mapping[str, str] | None = None
) -> tuple[Evidence, dict[str, int]]:
    """Return what else tells of order, and how many lines of it were left out by reason; `texts` are the posts', in which facts must stand where they are given."""
    known = set(posts[Columns.POST].to_list())
    facts = read_facts(files.facts, known, texts) if files.facts else None
    claims = read_order_claims(files.claims, posts, levels) if files.claims else None
    left_out = {**(facts.left_out if facts else {}), **(claims.left_out if claims else {})}
    return Evidence(claims.told if claims else (), spoken.horizons, facts), left_out


def read_mention(line: bytes, taxonomy: Taxonomy) -> tuple[Claim | None, str | None, str]:
    """Return what a line claims, the id of its level, and why it cannot be used where it cannot."""
    claim = parse_claim(line.removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(claim, Claim):
        return None, None, "malformed"
    try:
        return claim, taxonomy.resolve(claim.need, claim.level)[0].id, ""
    except TaxonomyError:
        return claim, None, "unknown_need"


def read_confusion(path: Path, levels: Sequence[str]) -> np.ndarray:
    """Return with which chance a mention of one level was taken for each `[L, L]`, of a JSON file: rows of the true level in the taxonomy's order, counts or chances.

    Raises ConfigError for one of another size, or with a row that is empty or negative.
    """
    mend = f"Write {len(levels)} rows of {len(levels)} counts, a row a true level in the taxonomy's order: {', '.join(levels)}."
    try:
        found = np.array(json.loads(path.read_text(encoding="utf-8")), dtype=float)
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of --confusion.") from None
    except (ValueError, TypeError):
        raise ConfigError(f"{path} is no matrix of numbers.", mend) from None
    if found.shape != (len(levels), len(levels)) or not np.isfinite(found).all() or (found < 0).any() or not found.sum(axis=1).all():
        raise ConfigError(f"{path} is not a matrix of {len(levels)} rows of {len(levels)} counts, each row with one above 0.", mend)
    return found / found.sum(axis=1, keepdims=True)
