"""Full-text ranking: the same backbone, users and head, but a history is read word by word, as a language model reads it."""

from collections.abc import Sequence

import numpy as np
import torch

from broadsheet.core.backbones.trunk import PADDING, Layout, pack
from broadsheet.core.corpus import Corpus
from broadsheet.core.ragged import Ragged
from broadsheet.rank.batches import Packed
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.model import SequenceModel


class TextModel(SequenceModel):
    """A sequence model whose tokens are words: the state after an item is that of its last word. Items to be scored are as the other's.

    `texts` are the words of each item. Words are those of the backbone and frozen; places and gaps are those of the item that a word is of.
    """

    def __init__(self, config: RankerConfig, corpus: Corpus, texts: Sequence[str], *, most: int | None = None, seed: int = 0) -> None:
        super().__init__(config, len(corpus.items), corpus.attributes, corpus.contents, seed=seed)
        self.texts = word_rows(self, texts, most)
        self.register_buffer("vocabulary", self.reader.words().float(), persistent=False)

    @property
    def tokens_an_item(self) -> float:
        """Words of an item, in the mean."""
        return float(self.texts.lengths.mean())

    def states(self, given: Packed, vectors: torch.Tensor) -> torch.Tensor:
        """Return the state at the last word of every item `[E, d]`; `vectors` of items are not looked at."""
        del vectors
        items = given.flat.numpy()
        sizes = self.texts.lengths[items]
        event = np.repeat(np.arange(len(items)), sizes)
        ids = torch.from_numpy(np.concatenate([self.texts.row(item) for item in items.tolist()]))
        sequence = np.repeat(np.arange(len(given.lengths)), given.lengths.numpy())
        lengths = np.bincount(sequence, weights=sizes, minlength=len(given.lengths)).astype(np.int64)
        room = int(lengths.max())
        places = pack(lengths, room)
        of = sequence[event]
        begins = np.cumsum(lengths) - lengths
        within = np.arange(len(event)) - begins[of]
        flat = torch.from_numpy((places.row * room + places.start)[of] + within)
        shape = places.rows * room
        segment, position = torch.full((shape,), PADDING), torch.zeros(shape, dtype=torch.long)
        segment[flat], position[flat] = torch.from_numpy(of), torch.from_numpy(within)
        index, gaps = (part.flatten()[given.at][torch.from_numpy(event)] for part in (given.layout.position, given.gaps))
        fed = self.inputs(self.get_buffer("vocabulary")[ids][None, :, None], index[None], gaps[None])[0]
        rows = torch.zeros(shape, self.width, dtype=fed.dtype).index_copy(0, flat, fed).view(places.rows, room, -1)
        square = (places.rows, room)
        states = self.reader(rows, Layout(segment.view(square), position.view(square)))
        ends = flat[torch.from_numpy(np.cumsum(sizes) - 1)]
        return self.ended(states.flatten(0, 1)[ends])

    def last_states(self, given: Packed, vectors: torch.Tensor) -> torch.Tensor:
        """Return the state after each sequence `[B, d]`."""
        return self.states(given, vectors)[given.ends]


def word_rows(model: SequenceModel, texts: Sequence[str], most: int | None = None) -> Ragged:
    """Return the ids of each text's words, at most so many of each, and a full stop behind it; a text that says nothing is that alone."""
    end = model.reader.encode(".")
    return Ragged.of([*(words if most is None else words[: max(1, most - 1)]), *end] for words in map(model.reader.encode, texts))
