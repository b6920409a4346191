"""SmolLM2-135M from the package that carries it: its GGUF file, converted once and kept."""

import contextlib
import io
from pathlib import Path
from typing import Any

from broadsheet.core.artifacts import Artifact, Manifest, read_artifact, write_artifact
from broadsheet.core.errors import ArtifactError
from broadsheet.core.home import artifact_folder
from broadsheet.core.log import get_logger
from broadsheet.core.packages import SMOLLM2
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind

NAME = "smollm2-135m-instruct"


def smollm2_folder(progress: Progress = silent) -> Path:
    """Return the checkpoint folder of SmolLM2-135M-Instruct, converted on first use (about 25 seconds, 270 MB).

    Weights are what the four-bit file says, in float16. Raises MissingExtraError where the package is not
    installed, and WeightsError where its file is not the known one.
    """
    folder = artifact_folder() / f"{ArtifactKind.BACKBONE}-{NAME}-{SMOLLM2.sha256[:12]}"
    if folder.exists():
        try:
            return read_artifact(folder, ArtifactKind.BACKBONE).path
        except ArtifactError:
            get_logger("backbones").warning("the converted checkpoint is damaged and made anew", artifact=folder.name)
    return _converted(SMOLLM2.path(), folder, progress).path


def _converted(gguf: Path, folder: Path, progress: Progress) -> Artifact:
    import torch
    from safetensors.torch import save_file
    from transformers import AutoTokenizer

    step = "converting SmolLM2, once"
    progress(step, 0, 3)
    tokenizer: Any = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
    progress(step, 1, 3)
    model = _unpacked(gguf)
    progress(step, 2, 3)
    weights = {name: tensor.to(torch.float16).contiguous() for name, tensor in model.state_dict().items()}

    def fill(stage: Path) -> None:
        model.config.save_pretrained(stage)
        save_file(weights, stage / "model.safetensors", metadata={"format": "pt"})
        tokenizer.save_pretrained(stage)

    manifest = Manifest(kind=ArtifactKind.BACKBONE, config={"format": "float16"}, parents={"gguf": SMOLLM2.sha256}, models={"backbone": NAME})
    artifact = write_artifact(folder, manifest, fill=fill)
    progress(step, 3, 3)
    return artifact


def _unpacked(gguf: Path) -> Any:
    """Return the model with dense weights; later versions of transformers must be asked for them."""
    import torch
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()
    asked = {"quantization_config": transformers.GgufConfig(dequantize=True)} if hasattr(transformers, "GgufConfig") else {}
    # The reader draws a bar of its own where ours is shown; what goes wrong is raised all the same.
    with contextlib.redirect_stderr(io.StringIO()):
        model = transformers.AutoModel.from_pretrained(str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32, **asked)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    return model
