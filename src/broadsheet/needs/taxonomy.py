"""Taxonomies of needs: levels in an order, needs under them, read from YAML."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, model_validator

from broadsheet.core.config import Config, build
from broadsheet.core.errors import TaxonomyError, did_you_mean

DEFAULT = "financial"
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]
Prototypes = Annotated[tuple[Text, ...], Field(min_length=3, max_length=6)]


class Frameworks(Config):
    """Where a level stands in other orders of needs, if it does."""

    three_tier: Literal["basic", "security", "growth"] | None = None
    maslow: Literal["physiological", "safety", "belonging", "esteem", "self_actualisation"] | None = None


class Need(Config):
    """A need under a level: `prototypes` are sentences of somebody who has it, `cues` words that speak of it."""

    id: Id
    name: Text
    definition: Text
    prototypes: Prototypes
    cues: tuple[Text, ...] = ()


class Level(Config):
    """A level: `order` counts from 1, the most basic; `inclusion` and `exclusion` say what belongs to it and what does not."""

    id: Id
    order: Annotated[int, Field(ge=1)]
    name: Text
    definition: Text
    inclusion: Text
    exclusion: Text
    prototypes: Prototypes
    cues: tuple[Text, ...] = ()
    maps_to: Frameworks = Frameworks()
    needs: tuple[Need, ...] = ()


class Taxonomy(Config):
    """Levels in their order, needs under them; no id and no prototype stands twice."""

    name: Id
    title: Text
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if again := _repeated([node.id for node in self._nodes()]):
            raise ValueError(f"the id {again!r} stands twice")
        if again := _repeated([" ".join(sentence.lower().split()) for node in self._nodes() for sentence in node.prototypes]):
            raise ValueError(f"the prototype {again!r} stands twice: it would speak for two needs")
        orders = [level.order for level in self.levels]
        if orders != list(range(1, len(orders) + 1)):
            raise ValueError(f"levels stand in the order {orders}: it counts 1, 2, 3 and so on")
        return self

    def resolve(self, need: str | None, level: str | int | None) -> tuple[Level, Need | None]:
        """Return the level, and the need where one is named, that a mention speaks of.

        `need` is an id of a need or of a level; `level` an id of a level or its order. Raises TaxonomyError for an
        unknown one, for none, and for a need that stands under another level.

        >>> level, need = open_taxonomy().resolve("card_balance", None)
        >>> (level.order, need.name)
        (3, 'Paying down cards')
        """
        stated = None if level is None else self._level(str(level))
        if need is None:
            if stated is None:
                raise TaxonomyError("A mention names neither a need nor a level.", "Give it a need_id or a level.")
            return stated, None
        under, found = self._need(need)
        if stated and stated.id != under.id:
            raise TaxonomyError(f"The need {need!r} stands under {under.id!r}, not under {stated.id!r}.", "Leave out the level, or mend it.")
        return under, found

    def sentences(self) -> Iterator[str]:
        """Yield every text by which the taxonomy explains itself: none of it is anybody's post."""
        for node in self._nodes():
            yield from (node.definition, *node.prototypes)
        for level in self.levels:
            yield from (level.inclusion, level.exclusion)

    def cues(self) -> Iterator[str]:
        """Yield words that say something of a need by themselves."""
        for node in self._nodes():
            yield from node.cues

    def _nodes(self) -> Iterator[Level | Need]:
        for level in self.levels:
            yield level
            yield from level.needs

    def _level(self, name: str) -> Level:
        for level in self.levels:
            if name in (level.id, str(level.order)):
                return level
        known = [level.id for level in self.levels]
        raise TaxonomyError(f"There is no level {name!r} in {self.name}.{did_you_mean(name, known)}", f"Known are 1 to {len(known)}: {', '.join(known)}.")

    def _need(self, name: str) -> tuple[Level, Need | None]:
        for level in self.levels:
            if name == level.id:
                return level, None
            for need in level.needs:
                if name == need.id:
                    return level, need
        known = [node.id for node in self._nodes()]
        raise TaxonomyError(f"There is no need {name!r} in {self.name}.{did_you_mean(name, known)}", f"Known are: {', '.join(known)}.")


def taxonomy_names() -> list[str]:
    """Return the names of the taxonomies that come with the package."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _packaged().iterdir() if entry.name.endswith(".yaml"))


@cache
def open_taxonomy(name: str = DEFAULT) -> Taxonomy:
    """Return a taxonomy of the package by its name, or read one from a YAML file. Raises TaxonomyError."""
    if name in taxonomy_names():
        return _parsed((_packaged() / f"{name}.yaml").read_text(encoding="utf-8"), name)
    path = Path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise TaxonomyError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from None
    except OSError as fault:
        known = taxonomy_names()
        hint = did_you_mean(name, known)
        raise TaxonomyError(f"The taxonomy {name} cannot be read: {fault.strerror}.{hint}", f"Give a YAML file, or one of: {', '.join(known)}.") from None
    return _parsed(text, path.name)


def _parsed(text: str, where: str) -> Taxonomy:
    try:
        held = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as fault:
        raise TaxonomyError(f"{where} is not YAML: {fault}.", "Mend that line; text with a colon in it stands in quotes.") from None
    if not isinstance(held, dict) or not all(isinstance(key, str) for key in held):
        raise TaxonomyError(f"{where} holds no taxonomy.", "Write name, title and levels; the package's financial.yaml is a model.")
    return build(Taxonomy, held, where, TaxonomyError)


def _packaged() -> Any:
    return resources.files("broadsheet.needs") / "taxonomies"


def _repeated(values: list[str]) -> str:
    return next((value for value, count in Counter(values).items() if count > 1), "")
