"""Labels of posts as texts to learn from: one level a text, personal data replaced."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.core.errors import ConfigError
from broadsheet.needs.agree.agreement import votes_of
from broadsheet.needs.agree.labels import NONE, Labelled, is_model
from broadsheet.needs.agree.truth import truth_of
from broadsheet.needs.privacy import scrub
from broadsheet.needs.taxonomy import Taxonomy


class Rows(NamedTuple):
    """Texts in the order of the alphabet, the level or NONE of each, what each stands for `[N]` (the inverse of the chance at which it was drawn, or ones).

    `annotators` are those who were heard; `left_out` counts posts that were not used, by reason.
    """

    texts: tuple[str, ...]
    levels: tuple[str, ...]
    weights: np.ndarray
    annotators: tuple[str, ...]
    left_out: Mapping[str, int]


def rows_of(labelled: Labelled, taxonomy: Taxonomy, *, also_llm: bool = False) -> Rows:
    """Return each labelled text once, with the level that its annotators make likeliest; language models are heard only if `also_llm`.

    Posts of which two levels are as likely are left out, and texts that stand twice with two levels. Raises ConfigError where nobody has labelled anything.
    """
    heard = [one for one in labelled.annotators if also_llm or not is_model(one)]
    if not heard:
        models = any(map(is_model, labelled.annotators))
        what = "Only language models have labelled these posts, and they are not learnt from." if models else "Nobody has labelled a post yet."
        raise ConfigError(what, "Label with: broadsheet needs label --terminal" + (". Or add --also-llm." if models else ""))
    votes = votes_of(labelled, (*(level.id for level in taxonomy.levels), NONE)).of(heard)
    chances = truth_of(votes).chances
    tied = (chances >= chances.max(axis=1, keepdims=True) - 1e-9).sum(axis=1) > 1
    known = all(post in labelled.propensities for post in votes.posts)
    found: dict[str, tuple[str, float]] = {}
    twice: set[str] = set()
    for post, row, is_tied in zip(votes.posts, chances, tied, strict=True):
        if is_tied:
            continue
        text = " ".join(scrub(labelled.texts[post]).text.split())
        level, weight = votes.names[int(row.argmax())], 1 / labelled.propensities[post] if known else 1.0
        before, so_far = found.get(text, (level, 0.0))
        if before != level:
            twice.add(text)
        found[text] = level, so_far + weight
    kept = sorted(set(found) - twice)
    left_out = {name: count for name, count in (("tied", int(tied.sum())), ("of two levels", len(twice))) if count}
    return Rows(tuple(kept), tuple(found[text][0] for text in kept), np.array([found[text][1] for text in kept]), tuple(heard), left_out)


def learnable(levels: Sequence[str], names: Sequence[str], least: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which of `names` have `least` texts or more, and which have fewer.

    >>> learnable(["a", "a", "b"], ["a", "b"], 2)
    (('a',), ('b',))
    """
    many = tuple(name for name in names if levels.count(name) >= least)
    return many, tuple(name for name in names if name not in many)
