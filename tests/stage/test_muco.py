"""The multi-turn embedder through the suite that all embedders inherit, on the smallest decoder that knows words."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from conformance import EmbedderConformance

from broadsheet.represent.muco.config import MucoConfig
from broadsheet.represent.muco.embedder import MucoEmbedder


class SmallestConfig(MucoConfig):
    """Seconds in place of minutes: one layer, a few steps."""

    backbone: str = "native:1:64"
    steps: int | None = 4
    batch: int = 4


class Smallest(MucoEmbedder):
    """The component as it is, under settings that a test can afford."""

    config_type = SmallestConfig

    @classmethod
    def load(cls, artifact):
        """Return the embedder with the configuration's own class."""
        made = super().load(artifact)
        made.config = SmallestConfig.model_validate(artifact.manifest.config)
        return made


class TestMuco(EmbedderConformance):
    component = Smallest
