"""One training loop for every stage of the house: stages as data, freeze sets proved by hash, resume bit for bit."""

from broadsheet.core.train.freeze import freeze_all_but, reinitialise, tensors_hash
from broadsheet.core.train.loop import Batches, Evaluate, Objective, Trained, autocast, descend, seconds_a_step, train
from broadsheet.core.train.stage import Stage

__all__ = [
    "Batches",
    "Evaluate",
    "Objective",
    "Stage",
    "Trained",
    "autocast",
    "descend",
    "freeze_all_but",
    "reinitialise",
    "seconds_a_step",
    "tensors_hash",
    "train",
]
