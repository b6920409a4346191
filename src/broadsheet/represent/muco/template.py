"""The dialogue around queries and targets: what is read is the same at training and in use, so it is stored and hashed."""

import hashlib
from typing import NamedTuple

from broadsheet.core.backbones.protocol import EMB, END, MASK, START, Backbone
from broadsheet.core.config import Config


class Picture(NamedTuple):
    """A picture's place in a sequence: which picture, and its grid of tokens (high, wide)."""

    key: str
    grid: tuple[int, int]


Piece = tuple[int, ...] | Picture


class Dialogue(NamedTuple):
    """Pieces that all turns share, then the pieces of each turn, which ends in `<|emb|>`."""

    prefix: tuple[Piece, ...]
    turns: tuple[tuple[Piece, ...], ...]


class Said(NamedTuple):
    """What a user says in one turn: a text, and a picture before it where there is one."""

    text: str = ""
    picture: Picture | None = None


class Template(Config):
    """ChatML with one read-out a turn (MuCo, 2602.06393, section 3): the answer to every turn is the token `<|emb|>`.

    `longest` is the number of tokens that are read of one text; what is over it is cut before packing, so that no
    read-out is ever lost. `rewrite` and `infer` are the instructions of stage 2.
    """

    system: str = "Sum up what the user shows or asks, so that it can be found again."
    rewrite: str = "Now put your last answer into words a person can read."
    infer: str = "Fill in what is hidden in these words, and give the same answer once more."
    longest: int = 128

    def template_hash(self) -> str:
        """Return SHA-256 over all of the template."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def dialogue(self, backbone: Backbone, shown: Said, turns: list[Said], *, block: bool) -> Dialogue:
        """Lay turns out after what is shown (a picture, a text, both, or nothing).

        With `block` every turn follows what is shown at once; else each follows the turn before it.
        """
        user, answer = self._user(backbone), self._answer(backbone)
        prefix = [self._marked(backbone, START, f"system\n{self.system}", END, "\n"), user, *self._pieces(backbone, shown, newline=True)]
        between = self._marked(backbone, END, "\n")
        laid = []
        for number, said in enumerate(turns):
            before = [] if number == 0 or block else [between, user]
            laid.append(tuple(piece for piece in (*before, *self._pieces(backbone, said), answer) if piece))
        return Dialogue(tuple(piece for piece in prefix if piece), tuple(laid))

    def counterpart(self, backbone: Backbone, own: Said, other: list[str | None]) -> Dialogue:
        """Lay out a side of stage 2: its own input, its counterpart in masked words, and the same answer inferred.

        `other` are the counterpart's words, None for a hidden one. There are two read-outs: the first is what is used later.
        """
        user, answer, between = self._user(backbone), self._answer(backbone), self._marked(backbone, END, "\n")
        words: list[int] = []
        budget = self.longest
        for run in other:
            ids = [backbone.marks[MASK]] if run is None else backbone.encode(f" {run}")
            words += ids[: max(0, budget - len(words))]
        prefix = [self._marked(backbone, START, f"system\n{self.system}", END, "\n"), user]
        first = [*self._pieces(backbone, own), answer]
        rewritten = [between, user, self._text(backbone, self.rewrite), self._marked(backbone, END, "\n", START, "assistant\n"), tuple(words)]
        second = [*rewritten, between, user, self._text(backbone, self.infer), answer]
        return Dialogue(tuple(prefix), (tuple(first), tuple(piece for piece in second if piece)))

    def _user(self, backbone: Backbone) -> tuple[int, ...]:
        return self._marked(backbone, START, "user\n")

    def _answer(self, backbone: Backbone) -> tuple[int, ...]:
        return self._marked(backbone, END, "\n", START, "assistant\n", EMB)

    def _pieces(self, backbone: Backbone, said: Said, *, newline: bool = False) -> list[Piece]:
        pieces: list[Piece] = []
        if said.picture is not None:
            before, after = backbone.around_image()
            pieces += [tuple(before), said.picture, tuple(after)]
        text = self._text(backbone, said.text.strip())
        return [*pieces, text, *([tuple(backbone.encode("\n"))] if newline and (pieces or text) else [])]

    def _text(self, backbone: Backbone, text: str) -> tuple[int, ...]:
        return tuple(backbone.encode(text)[: self.longest]) if text else ()

    def _marked(self, backbone: Backbone, *parts: str) -> tuple[int, ...]:
        """Return ids of marks and texts in order; a part that is a mark's name is the mark."""
        ids: list[int] = []
        for part in parts:
            ids += [backbone.marks[part]] if part in backbone.marks else backbone.encode(part)
        return tuple(ids)
