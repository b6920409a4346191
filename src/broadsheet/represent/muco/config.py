"""What a multi-turn model is trained on, and how: one dial, and what follows from it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from broadsheet.core.backbones.lora import LoraConfig
from broadsheet.core.config import Config, Size
from broadsheet.core.contrast import LossConfig
from broadsheet.core.train import Stage
from broadsheet.represent.muco.template import Template

BACKBONES: Mapping[Size, str] = {"tiny": "tiny:qwen2_vl", "small": "nano:8:49", "base": "nano:30:196"}
STEPS: Mapping[Size, int] = {"tiny": 2, "small": 300, "base": 2000}


class MucoConfig(Config):
    """What is trained, on what, and how.

    `size` derives the backbone and the number of steps; `backbone` names another (`core.backbones.open_backbone`).
    Training is stage `multi` (all turns), then `pair_steps` of stage `pair` (masked counterparts). Without `lora` the decoder's
    layers themselves are trained; a tower never is. `chunk` dialogues are read at a time by GradCache (0: all at once).
    `instruction` is what is asked of a picture that comes without words. `dim` keeps so many leading dimensions of each
    vector; `loss.dims` are the widths that training taught (Matryoshka).
    """

    size: Size = "small"
    backbone: str = ""
    history: Literal["causal", "block"] = "causal"
    template: Template = Template()
    loss: LossConfig = LossConfig()
    lora: LoraConfig | None = None
    steps: Annotated[int, Field(ge=0)] | None = None
    pair_steps: Annotated[int, Field(ge=0)] = 0
    batch: Annotated[int, Field(ge=2)] = 32
    most_turns: Annotated[int, Field(ge=1)] | None = None
    learning_rate: Annotated[float, Field(gt=0)] = 3e-4
    twins: Literal["four", "one"] = "four"
    chunk: Annotated[int, Field(ge=0)] = 0
    instruction: str = "Name what the picture shows."
    dim: Annotated[int, Field(ge=1)] | None = None
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"

    @property
    def runs_on(self) -> str:
        """The backbone by name."""
        return self.backbone or BACKBONES[self.size]

    def stages(self, trainable: Sequence[str]) -> tuple[Stage, ...]:
        """Return the stages of training, as data."""
        steps = STEPS[self.size] if self.steps is None else self.steps
        shared: dict[str, Any] = {"learning_rate": self.learning_rate, "batch": self.batch, "trainable": tuple(trainable), "schedule": "cosine"}
        stages = [("multi", steps), ("pair", self.pair_steps)]
        return tuple(Stage(name=name, steps=count, warmup=min(20, count // 5), save_every=50, **shared) for name, count in stages if count)
