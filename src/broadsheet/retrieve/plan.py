"""The stages of pretraining as data, and ablations of them."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from broadsheet.core.config import Config
from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.train.stage import Schedule

if TYPE_CHECKING:
    from broadsheet.retrieve.model.tasks import Roles

# What each task teaches; letters and numbers are those of the generative and discriminative fine-tuning.
TASKS: Mapping[str, str] = {
    "text": "a request finds its item by the item's text",
    "image": "an item's image finds its text",
    "request-image": "a request finds its item by the item's image",
    "fused": "a request finds its item by all modalities",
    "next": "a request finds its item among all of the catalogue",
    "choice": "a request tells what it took from what stood beside it and was passed over",
    "G1": "a query generates its item's semantic ID",
    "G2": "a history generates the next item's semantic ID",
    "G3": "an item's text generates its semantic ID",
    "G4": "a semantic ID tells the item's attributes",
    "G5": "the first code of a semantic ID generates the rest",
    "D1": "a request tells its item's semantic ID from those with the same first codes",
    "D2": "a semantic ID finds its item's vector",
    "D3": "the semantic ID of an item's image finds that of its text",
}


class PlanStage(Config):
    """One stage: tasks with their weights, what is trained, how fast, for how many epochs.

    With `watch` the weights of the best epoch by that metric of the validation are kept; without it the last, or the mean of those
    of the last share `average` of the steps, and validation has no say.
    """

    name: Annotated[str, Field(min_length=1)]
    tasks: Mapping[str, Annotated[float, Field(gt=0)]]
    trainable: tuple[str, ...] = ("*",)
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    epochs: Annotated[float, Field(gt=0)] = 5
    schedule: Schedule = "constant"
    watch: str = "recall@10"
    average: Annotated[float, Field(ge=0, le=1)] = 0.0
    patience: Annotated[int, Field(ge=0)] = 0
    reinit: tuple[str, ...] = ()


class Plan(Config):
    """Stages in order. Semantic IDs are made before the first stage whose tasks need them; with `apart` what generates them has a trunk of its own."""

    stages: Annotated[tuple[PlanStage, ...], Field(min_length=1)]
    apart: bool = False
    batch: Annotated[int, Field(ge=2)] = 256

    def joint(self) -> "Plan":
        """Return the plan with all stages that need no semantic ID as one: every loss at once, everything trained, for as many epochs in all."""
        before, after = self._parts()
        if not before:
            return self
        tasks: dict[str, float] = {}
        for stage in before:
            tasks |= {name: max(weight, tasks.get(name, 0.0)) for name, weight in stage.tasks.items()}
        whole = PlanStage(
            name="joint",
            tasks=tasks,
            learning_rate=before[0].learning_rate,
            epochs=sum(stage.epochs for stage in before),
            watch=before[-1].watch,
            schedule=before[-1].schedule,
        )
        return self.model_copy(update={"stages": (whole, *after)})

    def ordered(self, names: Sequence[str]) -> "Plan":
        """Return the plan with its stages in another order; those that are not named stay behind. Raises ConfigError for an unknown one."""
        known = {stage.name: stage for stage in self.stages}
        for name in names:
            if name not in known:
                raise ConfigError(f"There is no stage {name!r}.{did_you_mean(name, known)}", f"Stages are: {', '.join(known)}.")
        rest = [stage for stage in self.stages if stage.name not in names]
        return self.model_copy(update={"stages": (*(known[name] for name in names), *rest)})

    def without(self, tasks: Collection[str]) -> "Plan":
        """Return the plan without some tasks; a stage with none left goes. Raises ConfigError for an unknown task, and where nothing is left."""
        for task in tasks:
            if task not in TASKS:
                raise ConfigError(f"There is no task {task!r}.{did_you_mean(task, TASKS)}", f"Tasks are: {', '.join(TASKS)}.")
        kept = [stage.model_copy(update={"tasks": {name: weight for name, weight in stage.tasks.items() if name not in tasks}}) for stage in self.stages]
        stages = tuple(stage for stage in kept if stage.tasks)
        if not stages:
            raise ConfigError("No task is left.", "Drop fewer of them.")
        return self.model_copy(update={"stages": stages})

    def _parts(self) -> tuple[list[PlanStage], list[PlanStage]]:
        first = next((number for number, stage in enumerate(self.stages) if needs_ids(stage)), len(self.stages))
        return list(self.stages[:first]), list(self.stages[first:])


def needs_ids(stage: PlanStage) -> bool:
    """Tell whether a stage has a task that needs semantic IDs."""
    return any(name[0] in "GD" and name[1:].isdigit() for name in stage.tasks)


def default_plan(text: str, image: str | None, *, histories: bool, queries: bool) -> Plan:
    """Return the staged plan for items with a text and perhaps an image modality: text, image, fusion, collaboration, semantic IDs."""
    stages = [PlanStage(name="text", tasks={"text": 1.0}, trainable=("query.*", "trunk.*", f"table.*.{text}*", "scale"))]
    if image:
        stages.append(PlanStage(name="image", tasks={"image": 1.0}, trainable=(f"table.*.{image}*",)))
        stages.append(PlanStage(name="fuse", tasks={"fused": 1.0, "text": 0.3, "request-image": 0.3}, learning_rate=3e-4))
    if histories:
        stages.append(PlanStage(name="collab", tasks={"next": 1.0}, trainable=("trunk.*", "table.own*", "table.bags*", *(("table.gate*",) if image else ()))))
    tasks = {"next": 1.0, "G3": 0.3, "G4": 0.1, "G5": 0.1, "D1": 0.3, "D2": 0.3, **({"D3": 0.1} if image else {})}
    tasks |= {name: 1.0 for name, there in (("G1", queries), ("G2", histories)) if there}
    return Plan(stages=(*stages, PlanStage(name="ids", tasks=tasks, learning_rate=3e-4)))


def towers_plan(roles: "Roles", *, epochs: float, batch: int) -> Plan:
    """Return stages of two towers without semantic IDs: each modality alone, then all of them with the items' own embeddings."""
    before = [PlanStage(name="text", tasks={"text": 1.0})] if roles.text else []
    if roles.image:
        before.append(PlanStage(name="image", tasks={"request-image": 1.0}))
    tasks = {"fused": 1.0, **({"text": 0.3} if roles.text else {}), **({"request-image": 0.3} if roles.image else {})}
    stages = [*before, PlanStage(name="fuse", tasks=tasks)]
    share = {stage.name: epochs if stage.name == "fuse" else epochs / max(1, len(before)) for stage in stages}
    return Plan(stages=tuple(stage.model_copy(update={"epochs": share[stage.name], "watch": "", "schedule": "cosine"}) for stage in stages), batch=batch)
