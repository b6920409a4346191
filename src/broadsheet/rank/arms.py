"""What is compared: SASRec and its kin, Speeder, and Speeder with a part taken away, each as a configuration of one model."""

from collections.abc import Mapping
from typing import NamedTuple

from broadsheet.core.corpus import Corpus
from broadsheet.rank.config import RankerConfig

SASREC, ATTRIBUTED, SPEEDER = "SASRec", "SASRec + attributes", "Speeder"
RIVALS = (SASREC, "gSASRec", ATTRIBUTED)
WITH = " + co-occurrence"
# How the arms begin that know all but one modality.
TAKEN = "Speeder, no "
# The same backbone, users and head, but histories are read word by word; and a language model that writes the title of what comes next.
TEXT, WRITES = "text_rank", "generate_rank"
# What SASRec learns best with, chosen on the validation of Beauty and ml-100k: more dropout, more steps an epoch and more epochs than items with content take.
DROPOUT, BATCH, LONGER = 0.45, 1024, 2


class Arm(NamedTuple):
    """A configuration, and which modalities it knows: those for which `knows` holds of the name."""

    config: RankerConfig
    attributes: bool = True
    contents: bool = True
    without: frozenset[str] = frozenset()

    def corpus(self, corpus: Corpus) -> Corpus:
        """Return what the arm may know of the items."""
        attributes = {name: said for name, said in corpus.attributes.items() if self.attributes and name not in self.without}
        contents = {name: of for name, of in corpus.contents.items() if self.contents and name not in self.without}
        return corpus._replace(attributes=attributes, contents=contents)


def arms(config: RankerConfig, corpus: Corpus) -> Mapping[str, Arm]:
    """Return all arms by name; those that take a modality away are of the modalities that there are."""
    plain = {
        "dropout": max(config.dropout, DROPOUT),
        "batch": min(config.batch, BATCH),
        "epochs": LONGER * config.epochs,
        "prior": False,
        "order": "joint",
        "experts": False,
        "forget": 0.0,
        "proxy": 0.0,
        "rebuild": 0.0,
        "gaps": False,
        "rotary": False,
        "tokens_per_item": 1,
        "start": "random",
        "taste": None,
    }
    ids = config.model_copy(update=plain)
    found = {
        SASREC: Arm(ids, attributes=False, contents=False),
        "gSASRec": Arm(ids.model_copy(update={"loss": "gbce"}), attributes=False, contents=False),
        ATTRIBUTED: Arm(ids, contents=False),
        SPEEDER: Arm(config),
        "Speeder, all at once": Arm(config.model_copy(update={"order": "joint"})),
        "Speeder, reversed": Arm(config.model_copy(update={"order": "reversed"})),
        "Speeder, no experts": Arm(config.model_copy(update={"experts": False})),
        "Speeder, no places": Arm(config.model_copy(update={"places": False, "gaps": False, "rotary": False})),
        "Speeder, no taste": Arm(config.model_copy(update={"taste": None})),
        "Speeder, no proxies": Arm(config.model_copy(update={"proxy": 0.0})),
        "Speeder, mean of items": Arm(config.model_copy(update={"backbone": "mean", "places": False, "gaps": False, "proxy": 0.0, "taste": None})),
        "Speeder, own from noise": Arm(config.model_copy(update={"start": "random"})),
        "Speeder, no own embedding": Arm(config.model_copy(update={"own": False})),
    }
    for name in (*corpus.attributes, *corpus.contents):
        found[TAKEN + name] = Arm(config, without=frozenset({name}))
    found[TEXT] = Arm(config.model_copy(update={"order": "joint"}))
    for tokens in (2, 4):
        found[f"Speeder, {tokens} tokens an item"] = Arm(config.model_copy(update={"tokens_per_item": tokens}))
    return found


__all__ = ["ATTRIBUTED", "RIVALS", "SASREC", "SPEEDER", "TAKEN", "TEXT", "WITH", "WRITES", "Arm", "arms"]
