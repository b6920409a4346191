"""Multimodal representation compression: every item as one token, made of its modalities by a mixture of experts."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from broadsheet.core.backbones.dropout import Dropout
from broadsheet.core.backbones.modalities import Adapter, Modalities
from broadsheet.core.modality import Attributes, Content
from broadsheet.core.seeds import generator

OWN, IMAGE, COLLABORATIVE = "own", "image", "collaborative"
# The root mean square of a modality at the start: small, so that the softmax over all items begins even.
SIZE = 0.05
# How much more the likest known item lends than others: the factor of cosines before the softmax.
LIKENESS = 20.0
# Which share of known items is less like any other than one must be to be lent something, and how many are looked at to tell.
UNUSUAL, SAMPLED = 0.9, 1000
# How many items are near one, and for how many they are looked up at once.
NEAR, BLOCK = 32, 1024


class Tokens(NamedTuple):
    """Items as tokens `[R, k, d]`, how much each expert has in them `[R, M + S]`, and the modalities before the experts `[R, M, d]`."""

    vectors: torch.Tensor
    gates: torch.Tensor
    parts: torch.Tensor


class Expert(nn.Module):
    """A modality's vectors `[R, d]` to `k` tokens `[R, k, d]`: a linear map, and if it is `hidden` a hidden layer beside it that begins at nothing."""

    def __init__(self, width: int, tokens: int, dropout: float, *, hidden: bool = True) -> None:
        super().__init__()
        self.hidden = hidden
        self.direct = nn.Linear(width, tokens * width)
        if hidden:
            self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, tokens * width)
        self.dropout = Dropout(dropout)
        self.tokens = tokens
        with torch.no_grad():
            self.direct.weight.copy_(torch.eye(width).repeat(tokens, 1))
            self.direct.bias.zero_()
            if hidden:
                self.narrow.weight.zero_()
                self.narrow.bias.zero_()

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return tokens."""
        made = self.direct(vectors)
        if self.hidden:
            made = made + self.narrow(self.dropout(functional.gelu(self.wide(vectors))))
        return made.view(len(vectors), self.tokens, -1)


def nearest(vectors: torch.Tensor, present: torch.Tensor, count: int = NEAR) -> torch.Tensor:
    """Return for each item the rows `[N, count]` of those whose vectors `[N, C]` are most like its own; an item that has none is like itself alone."""
    unit = functional.normalize(vectors, dim=1)
    found = []
    for start in range(0, len(unit), BLOCK):
        rows = torch.arange(start, min(start + BLOCK, len(unit)))
        alike = (unit[rows] @ unit.T).masked_fill(~present, -torch.inf)
        alike[torch.arange(len(rows)), rows] = -torch.inf
        best = alike.topk(min(count, max(1, len(unit) - 1)), dim=1)
        found.append(torch.where(best.values.isfinite() & present[rows, None], best.indices, rows[:, None]))
    return torch.cat(found)


def begin_apart(adapters: Sequence[Adapter]) -> None:
    """Let adapters begin as isometries into directions of their own, as far as the width has room: likeness of content is likeness of tokens.

    They begin without a bias: what all items have in common would drown what a history has.
    """
    if not adapters:
        return
    width = adapters[0].direct.out_features
    room = torch.empty(0, width)
    for adapter in adapters:
        features = adapter.direct.in_features
        if len(room) < features:
            room = nn.init.orthogonal_(torch.empty(max(width, features), width))
        with torch.no_grad():
            adapter.direct.weight.copy_(room[:features].T)
        room = room[features:]
        nn.init.zeros_(adapter.direct.bias)
        if adapter.hidden:
            nn.init.zeros_(adapter.narrow.bias)


class ItemTokenizer(Modalities):
    """Items `[N]` to tokens `[N, k, d]` (Speeder, MRC): one expert for each modality, `shared` ones that read the mean of all that is there.

    Without experts (`mixed` false) what is there is added up. A gate weighs the experts; one whose modality an item lacks has no weight. An item's own embedding, if there are such, is added to its first token:
    it knows what content does not, and a new item does without, as
    in training any item does with chance `forget`, who had it being forgotten too. With `prior` its last coordinate, which is never forgotten, is how often an item
    is had whoever asks: content has no say in that. `read_out` rebuilds each frozen vector, which shows how much of it is left.
    """

    def __init__(
        self,
        items: int,
        width: int,
        attributes: Mapping[str, Attributes],
        contents: Mapping[str, Content],
        *,
        tokens: int = 1,
        mixed: bool = True,
        shared: int = 2,
        own: bool = True,
        forget: float = 0.0,
        blur: float = 0.0,
        prior: bool = False,
        hidden: bool = True,
        dropout: float = 0.0,
        seed: int = 0,
    ) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, "item tokens").integers(2**62)))
            super().__init__(items, width, attributes, contents, dropout, hidden=hidden)
            self.forget, self.blur, self.prior = forget, blur, prior and own
            self.tokens, self.shared_count = tokens, shared if self.names and mixed else 0
            # Modalities that take part, OWN among them for the items' own embeddings: a stage may know but some.
            self.active = frozenset((*self.names, OWN))
            self.experts = nn.ModuleDict({name: Expert(width, tokens, dropout, hidden=hidden) for name in self.names if mixed})
            self.shared = nn.ModuleList(Expert(width, tokens, dropout, hidden=hidden) for _ in range(self.shared_count))
            self.gate = nn.Linear(len(self.names) * (width + 1), len(self.names) + self.shared_count) if self.experts else None
            if self.gate:
                nn.init.zeros_(self.gate.weight)
                nn.init.zeros_(self.gate.bias)
            self.sizes = nn.ParameterDict({name: nn.Parameter(torch.tensor(SIZE)) for name in contents})
            self.own = nn.Embedding(items, width) if own else None
            for name in self.adapters if blur else ():
                self.register_buffer(f"{name}_near", nearest(self.get_buffer(f"{name}_vectors"), self.get_buffer(f"{name}_present")), persistent=False)
            self.slots = nn.Parameter(torch.randn(tokens, width) * 0.02) if tokens > 1 else None
            self.read_out = nn.ModuleDict({name: nn.Linear(width, of.vectors.shape[1]) for name, of in contents.items()})
            begin_apart([adapter for adapter in self.adapters.values() if isinstance(adapter, Adapter)])
            if self.own:
                # Where content tells items apart it begins at nothing, and an item that training never meets keeps it so.
                nn.init.normal_(self.own.weight, std=0.02) if not self.names else nn.init.zeros_(self.own.weight)

    def forward(self, rows: torch.Tensor | None = None, without: str = "", *, only: str = "", blurred: bool = False) -> Tokens:
        """Return the tokens of all items, or of some `[R]`; `without` one modality or their own embeddings, or of one modality `only`, as if no item had another.

        In training items may be `blurred`, so that content is no name by which they are known.
        """
        count = self.count if rows is None else len(rows)
        forgot = torch.rand(count, 1) < self.forget if self.training and self.forget and self.names else None
        vectors, gates, parts = (
            self._mixed(rows, without, forgot, only, blurred=blurred)
            if self.names
            else (torch.zeros(count, self.tokens, self.width), torch.zeros(count, 0), None)
        )
        if self.own is not None and OWN in self.active and only in {"", OWN} and without != OWN:
            own = self.own.weight if rows is None else self.own(rows)
            if forgot is not None:
                own = torch.cat([own[:, :-1].masked_fill(forgot, 0.0), own[:, -1:]], dim=1) if self.prior else own.masked_fill(forgot, 0.0)
            vectors = torch.cat([vectors[:, :1] + own[:, None], vectors[:, 1:]], dim=1)
        if self.slots is not None:
            vectors = vectors + self.slots
        return Tokens(vectors, gates, vectors[:, :0] if parts is None else parts)

    def blurred(self, rows: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return for each frozen modality whose vector each of `rows` `[R]` shows: its own or, with chance `blur`, a near item's."""
        found = {}
        for name in self.adapters:
            near = self.get_buffer(f"{name}_near")
            others = near[rows, torch.randint(near.shape[1], rows.shape)]
            found[name] = torch.where(torch.rand(rows.shape) < self.blur, others, rows)
        return found

    def newcomer(self, attributes: Mapping[str, Sequence[int]], contents: Mapping[str, np.ndarray], known: torch.Tensor | None = None) -> torch.Tensor:
        """Return the tokens `[k, d]` of an item that is not in the table, by its attributes' numbers and its contents' vectors.

        Where items have embeddings of their own, it is lent that of the `known` rows.
        """
        there = torch.tensor([[bool(len(attributes.get(name, ()))) or name in contents for name in self.names]])
        parts = []
        for name in self.names:
            if len(attributes.get(name, ())):
                parts.append(self.bags[name].weight[list(attributes[name])].mean(dim=0))  # pyrefly: ignore
            elif name in contents:
                parts.append(self.sized(name, self.adapters[name](torch.from_numpy(np.asarray(contents[name], dtype=np.float32))[None]))[0])
            else:
                parts.append(self.nulls[name])
        made = self._weighed(torch.stack(parts)[None], there)[0][0]
        if self.own is not None and known is not None and len(known) and self.adapters:
            made = torch.cat([made[:1] + self.lent(self.direction(contents)[None], self.directions()[known], self.own.weight[known]), made[1:]])
        return made if self.slots is None else made + self.slots

    def _mixed(
        self, rows: torch.Tensor | None, without: str, forgot: torch.Tensor | None, only: str, *, blurred: bool
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return mixed tokens, gates and parts."""
        shown = self.blurred(torch.arange(self.count) if rows is None else rows) if blurred and self.training and self.blur else {}
        there = torch.stack([self.present(name, rows) & (name != without and name in self.active and only in {"", name}) for name in self.names], dim=1)
        if forgot is not None and COLLABORATIVE in self.names and len(self.names) > 1:
            at = self.names.index(COLLABORATIVE)
            there[:, at] &= ~forgot[:, 0]
        parts = torch.stack([self.sized(name, self.modality(name, shown.get(name, rows))) for name in self.names], dim=1)
        parts = torch.where(there[..., None], parts, torch.stack([self.nulls[name] for name in self.names]))
        return (*self._weighed(parts, there), parts)

    def _weighed(self, parts: torch.Tensor, there: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return tokens `[R, k, d]` and gates of modalities `[R, M, d]`, of which `there` `[R, M]` says which an item has."""
        if self.gate is None:
            weights = there.to(parts.dtype)
            return self._silent(torch.einsum("re,red->rd", weights, parts)[:, None].expand(-1, self.tokens, -1)), weights
        weights = self.weights(parts, there)
        made = [self.experts[name](parts[:, number]) for number, name in enumerate(self.names)]
        if self.shared_count:
            known = (parts * there[..., None]).sum(dim=1) / there.sum(dim=1, keepdim=True).clamp(min=1)
            made += [expert(known) for expert in self.shared]
        return self._silent(torch.einsum("re,rekd->rkd", weights, torch.stack(made, dim=1))), weights

    def _silent(self, vectors: torch.Tensor) -> torch.Tensor:
        """Take the last coordinate from what content says `[R, k, d]`, where that is an item's own prior."""
        return torch.cat([vectors[..., :-1], torch.zeros_like(vectors[..., -1:])], dim=-1) if self.prior else vectors

    def sized(self, name: str, vectors: torch.Tensor) -> torch.Tensor:
        """Bring what an adapter gave `[R, d]` to the size of the modality, which is learnt; attributes' embeddings have learnt theirs themselves."""
        if name not in self.sizes:
            return vectors
        return vectors * torch.rsqrt(vectors.square().mean(dim=1, keepdim=True) + 1e-6) * self.sizes[name]

    def weights(self, parts: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return the share of each expert `[R, M + S]` from modalities `[R, M, d]`; where `there` `[R, M]` says that one is missing it has none.

        Shares add up to the number of experts that take part, so that each begins at 1.
        """
        assert self.gate is not None
        shown = torch.cat([(parts * there[..., None]).flatten(1), there.to(parts.dtype)], dim=1)
        takes = torch.cat([there, there.any(dim=1, keepdim=True).expand(-1, self.shared_count)], dim=1)
        shares = torch.softmax(self.gate(shown).masked_fill(~takes, -1e4), dim=1) * takes
        return shares * takes.sum(dim=1, keepdim=True)

    def lend(self, known: torch.Tensor) -> None:
        """Give items that nobody had the embeddings of those that are like them: the mean over `known` rows, weighed by how like their content is.

        Where content says nothing they keep none.
        """
        strangers = np.setdiff1d(np.arange(self.count), known.numpy())
        if self.own is None or not len(strangers) or not len(known) or not self.adapters:
            return
        with torch.no_grad():
            looks = self.directions()
            self.own.weight[torch.from_numpy(strangers)] = self.lent(looks[torch.from_numpy(strangers)], looks[known], self.own.weight[known])

    @staticmethod
    def lent(looks: torch.Tensor, others: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
        """Return embeddings `[R, d]` for content `[R, C]` by that of others `[K, C]`, whose embeddings are `own` `[K, d]`.

        Only what is liker to one of the others than nine in ten of these are to any is lent something: a retelling, not just a paper of the same kind.
        """
        some = torch.arange(0, len(others), max(1, len(others) // SAMPLED))
        among = others[some] @ others.T
        among[torch.arange(len(some)), some] = -torch.inf
        usual = torch.quantile(among.amax(dim=1).float(), UNUSUAL)
        near = looks @ others.T
        return (torch.softmax(LIKENESS * near, dim=1) @ own) * (near.amax(dim=1, keepdim=True) > usual)

    def rebuilt(self, vectors: torch.Tensor, rows: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return for each frozen modality the cosine between what the tokens `[R, k, d]` of `rows` tell of it and what it is, of those that have it."""
        known = vectors.sum(dim=1)
        found = {}
        for name, reader in self.read_out.items():
            if name not in self.active:
                continue
            there = self.present(name, rows)
            if bool(there.any()):
                found[name] = functional.cosine_similarity(reader(known[there]), self.get_buffer(f"{name}_vectors")[rows[there]], dim=1)
        return found
