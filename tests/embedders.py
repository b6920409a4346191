"""An embedder that is a function, for tests that ask what is done with vectors."""

from broadsheet.core.component import Embedder
from broadsheet.core.config import Config
from broadsheet.core.progress import silent
from broadsheet.core.schema import ArtifactKind


class Plain(Embedder[Config]):
    """Vectors as a function of texts gives them; it is not fitted, and not kept."""

    config_type = Config
    kind = ArtifactKind.EMBEDDER
    model = "plain"

    def __init__(self, vectors):
        super().__init__(None)
        self.vectors = vectors

    def fit(self, catalogue, folder, *, seed=0):
        raise NotImplementedError

    @classmethod
    def load(cls, artifact):
        raise NotImplementedError

    def __call__(self, texts, progress=silent):
        return self.vectors(texts)
