"""Pictures with their titles as material for retrieval."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from broadsheet.core.progress import Progress, silent

if TYPE_CHECKING:
    from broadsheet.represent.pictures.labelled import Shown
    from broadsheet.retrieve.bench.materials import Material


def picture_material(source: "Shown", seed: int, *, tested: int = 500, validated: int = 250, progress: Progress = silent) -> "Material":
    """Return pictures with their titles as items, and queries made of key words: synthetic, for the bench of staged pretraining.

    Split by family of drawings; an item's text is its title alone, its image what the frozen tower sees. A query is one or two
    key words of an item, three queries for each item that is trained on, one for each that is held out.
    """
    from broadsheet.core.modality import Content
    from broadsheet.core.seeds import generator
    from broadsheet.represent.pictures.fit import Texts, see, split_seen
    from broadsheet.represent.pictures.labelled import NO_KEYWORDS, read_labelled
    from broadsheet.retrieve.bench.materials import Material

    seen = see(read_labelled(source.texts).rows, source.images, progress)
    split = split_seen(seen, seed, tested=tested, validated=validated)
    rng = generator(seed, "queries")
    kept = [*split.train, *split.validation, *split.test]
    place = {row: number for number, row in enumerate(kept)}

    def asked(part: Sequence[int], times: int) -> tuple[list[str], np.ndarray]:
        words, items = [], []
        for row in part:
            said = [word for word in seen.rows[row].keywords if word.lower() not in NO_KEYWORDS]
            for _ in range(times if said else 0):
                words.append(" ".join(str(word) for word in rng.permutation(said)[: 1 + int(rng.integers(2))]))
                items.append(place[row])
        return words, np.array(items, dtype=np.int64)

    queries = {name: asked(part, times) for name, part, times in (("train", split.train, 3), ("validation", split.validation, 1), ("test", split.test, 1))}
    titles = tuple(seen.rows[row].title for row in kept)
    texts = Texts([*titles, *(word for words, _ in queries.values() for word in words)], progress)
    names = sorted({word for row in kept for word in seen.rows[row].category})
    attributes = np.array([[name in seen.rows[row].category for name in names] for row in kept], dtype=bool)
    there = np.ones(len(kept), dtype=bool)
    return Material(
        titles,
        Content(texts.raw(titles), there),
        Content(seen.views[kept].mean(axis=1), there),
        attributes,
        {name: (words, texts.raw(words), items) for name, (words, items) in queries.items()},
    )
