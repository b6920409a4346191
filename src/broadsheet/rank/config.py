"""How a ranker is built and trained."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from broadsheet.core.config import Config, Size

Order = Literal["staged", "joint", "reversed"]
Loss = Literal["softmax", "gbce"]


def _unless_none(value: object) -> object:
    """Read the word none, as TOML has no such value."""
    return None if value == "none" else value


class RankerConfig(Config):
    """One dial, `size`, derives width and layers of the native backbone, whose weights begin with so much `spread`; a language model brings its own.

    **Tokens.** An item is `tokens_per_item` tokens, made of its modalities by one expert each and `shared` ones, or with `experts` false by their mean. Vectors of a
    modality are kept on the `content` axes along which they differ most. Adapters and experts have `hidden` layers, or are but linear, which learns less by heart.
    With `own` an embedding of its own is added, which begins as who had it with what says (`start`), or as noise, and in training is left out with chance `forget`, so
    that an item without one is no stranger. With `prior` how often an item is had, whoever asks, is a coordinate of that embedding and nothing that content tells. With
    chance `blur` an item that is scored shows, in training, what one near it shows, so that content is no name.

    **Order.** With `ordered` false histories are sets, read in an order drawn anew each time. With chance `strange` an item that is read in training is another one, so
    that a state stands what it has never seen come last. `places` tell how far from the start an item stands, `gaps` how long
    after the one before, where times are known; `taste` adds to a state what the mean of the history's tokens says, whatever their order: at first so many times their
    likeness to an item, unless it is None, or the word none.

    **Learning.** `proxy` weighs the losses by which the states must remember order, distance and the earliest items; `next` and `choice` those by which an item is told
    from all others, and from what stood beside it and was passed over, where a log tells; `fresh` the same choice as if all that stood there were new, by content,
    and `alone` by taste in one modality alone. Modalities are learnt in the `order` that the paper has them, all at once, or from the last to the first, in as many
    steps. `loss` is a softmax over all items, or gBCE over 256 drawn ones (Petrov and Macdonald 2023). States of users take at most `state_bytes`.
    """

    size: Size = "base"
    backbone: str = "native"
    longest: Annotated[int, Field(ge=4)] = 50
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3
    spread: Annotated[float, Field(gt=0)] = 0.02
    tokens_per_item: Annotated[int, Field(ge=1, le=8)] = 1
    experts: bool = True
    hidden: bool = True
    shared: Annotated[int, Field(ge=0)] = 1
    own: bool = True
    start: Literal["neighbours", "random"] = "neighbours"
    forget: Annotated[float, Field(ge=0, lt=1)] = 0.3
    prior: bool = False
    blur: Annotated[float, Field(ge=0, lt=1)] = 0.0
    loss: Loss = "softmax"
    rotary: bool = True
    ordered: bool = True
    strange: Annotated[float, Field(ge=0, lt=1)] = 0.0
    places: bool = True
    gaps: bool = True
    taste: Annotated[Annotated[float, Field(ge=0)] | None, BeforeValidator(_unless_none)] = 0.0
    proxy: Annotated[float, Field(ge=0)] = 0.1
    rebuild: Annotated[float, Field(ge=0)] = 0.1
    next: Annotated[float, Field(ge=0)] = 1.0
    choice: Annotated[float, Field(ge=0)] = 1.0
    fresh: Annotated[float, Field(ge=0)] = 0.0
    alone: Annotated[float, Field(ge=0)] = 0.0
    order: Order = "staged"
    content: Annotated[int, Field(ge=1)] = 128
    state_bytes: Annotated[int, Field(ge=0)] = 2**30
    state_format: Literal["float32", "bfloat16"] = "bfloat16"
    lora: Annotated[int, Field(ge=0)] = 8
    batch: Annotated[int, Field(ge=2)] = 2048
    epochs: Annotated[float, Field(gt=0)] = 14
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3

    @property
    def width(self) -> int:
        """Width of the native backbone."""
        return {"tiny": 32, "small": 64, "base": 128}[self.size]

    @property
    def layers(self) -> int:
        """Layers of the native backbone."""
        return {"tiny": 1, "small": 2, "base": 2}[self.size]
