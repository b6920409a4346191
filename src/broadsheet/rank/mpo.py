"""Modality-aware progressive optimisation: which stages there are, what each knows, and what each trains."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from broadsheet.core.train import Stage
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.model import SequenceModel
from broadsheet.rank.mrc import COLLABORATIVE, IMAGE, OWN

# Shares of all epochs: of each modality after the first, and of the first.
LATER, FIRST = 0.15, 0.25
# The share of the last steps whose weights are averaged; evaluations without a gain after which an earlier stage ends.
AVERAGED, PATIENCE = 0.4, 2
ALWAYS = ("items.gate.*", "items.shared.*", "items.slots", "aware.*", "shown.*", "scale", "size", "leaning.*", "nothing")

PARTS = (("bags", ".*"), ("adapters", ".*"), ("experts", ".*"), ("nulls", ""), ("sizes", ""), ("read_out", ".*"))


class Planned(NamedTuple):
    """A stage, and the modalities that take part in it."""

    stage: Stage
    active: frozenset[str]


def modality_order(names: Sequence[str], *, own: bool) -> list[tuple[str, tuple[str, ...]]]:
    """Return modalities in the order in which they are learnt: what is said, what is shown, who had it.

    >>> modality_order(["collaborative", "image", "text"], own=True)
    [('text', ('text',)), ('image', ('image',)), ('collaborative', ('collaborative', 'own'))]
    """
    groups = {
        "text": tuple(name for name in names if name not in {IMAGE, COLLABORATIVE}),
        IMAGE: tuple(name for name in names if name == IMAGE),
        COLLABORATIVE: (*(name for name in names if name == COLLABORATIVE), *((OWN,) if own else ())),
    }
    return [(name, held) for name, held in groups.items() if held]


def plan(model: SequenceModel, config: RankerConfig, epoch: int) -> list[Planned]:
    """Return the stages for a model, an epoch being so many steps: one modality after the other, those before frozen, then all together.

    All at once, or in the order reversed, takes as many steps. A backbone with a past of its own is frozen until the last stage, where its adapters are trained.
    """
    groups = modality_order(model.items.names, own=model.items.own is not None)
    known = {name for name, _ in model.named_parameters()}
    everything = frozenset(name for _, held in groups for name in held)
    reader = tuple(f"reader.{pattern}" for pattern in model.reader.tuned)
    if config.order == "reversed":
        groups = groups[::-1]
    shares = {name: parts for name, held in groups if (parts := _parts(held, known))}
    joint = _patterns(sorted(everything), known) + reader
    stages: list[Planned] = []
    left = config.epochs
    if config.order != "joint" and len(groups) > 1:
        active: frozenset[str] = frozenset()
        for number, (name, held) in enumerate(groups):
            active |= frozenset(held)
            spent = config.epochs * (LATER if number else FIRST)
            left -= spent
            own = _patterns(held, known) + (reader if number == 0 and not model.reader.pretrained else ())
            stages.append(Planned(_stage(name, own, spent, epoch, config, shares, last=False), active))
    stages.append(Planned(_stage("joint", joint, left, epoch, config, shares, last=True), everything))
    return stages


def _patterns(names: Sequence[str], known: set[str]) -> tuple[str, ...]:
    """Return patterns of the parameters of some modalities, and of those that always learn."""
    always = tuple(pattern for pattern in ALWAYS if any(parameter.startswith(pattern.rstrip("*")) for parameter in known))
    return always + _parts(names, known)


def _parts(names: Sequence[str], known: set[str]) -> tuple[str, ...]:
    """Return patterns of the parameters of some modalities alone."""
    wanted: list[str] = []
    for name in names:
        wanted += ["items.own.*"] if name == OWN else [f"items.{part}.{name}{rest}" for part, rest in PARTS]
    return tuple(pattern for pattern in wanted if any(parameter.startswith(pattern.rstrip("*")) for parameter in known))


def _stage(
    name: str, trainable: tuple[str, ...], epochs: float, epoch: int, config: RankerConfig, shares: Mapping[str, tuple[str, ...]], *, last: bool
) -> Stage:
    return Stage(
        name=name,
        steps=max(1, round(epochs * epoch)),
        learning_rate=config.learning_rate,
        trainable=trainable,
        batch=config.batch,
        warmup=min(20, epoch),
        evaluate_every=epoch,
        groups=shares,
        average=AVERAGED if last else 0.0,
        watch="" if last else "ndcg@10",
        patience=0 if last else PATIENCE,
    )
