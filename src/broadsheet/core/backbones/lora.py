"""Low-rank adapters on a backbone's decoder, through peft."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from broadsheet.core.backbones.protocol import Backbone
from broadsheet.core.config import Config
from broadsheet.core.errors import MissingExtraError

if TYPE_CHECKING:
    from torch import nn

# Patterns of the parameters that an adapted backbone trains: adapters, new tokens' rows, and a projector where there is one.
TRAINED = ("*lora_*", "*.marked")


class LoraConfig(Config):
    """LoRA (Hu et al. 2021) or, with `dora`, DoRA (Liu et al. 2024) on every linear layer of the decoder.

    Neither the tower nor the vocabulary is adapted.
    """

    rank: Annotated[int, Field(ge=1)] = 16
    alpha: Annotated[float, Field(gt=0)] = 32
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    dora: bool = False
    start: Literal["gaussian", "kaiming"] = "gaussian"


def add_lora(backbone: Backbone, config: LoraConfig) -> int:
    """Put adapters into a backbone's decoder, in place; return how many layers have one.

    Outputs are at first what they were. Raises MissingExtraError where peft is not installed.
    """
    try:
        import peft
    except ImportError:
        raise MissingExtraError("Adapters need peft.", "Run: pip install peft") from None
    from torch import nn

    decoder = decoder_of(backbone)
    layers = [name for name, module in decoder.named_modules() if isinstance(module, nn.Linear)]
    settings = peft.LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,  # pyrefly: ignore
        lora_dropout=config.dropout,
        use_dora=config.dora,
        init_lora_weights="gaussian" if config.start == "gaussian" else True,
        target_modules=layers,
    )
    peft.inject_adapter_in_model(settings, decoder)
    return len(layers)


def decoder_of(backbone: Backbone) -> "nn.Module":
    """Return the part of a backbone that reads tokens."""
    for path in ("model.language_model", "text.decoder", "decoder"):
        part = backbone
        for name in path.split("."):
            part = getattr(part, name, None)
            if part is None:
                break
        if part is not None:
            return part
    raise TypeError(f"{type(backbone).__name__} has no decoder")
