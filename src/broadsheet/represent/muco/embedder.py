"""MuCo as a component: trained on examples, kept as what was trained, called on texts, pictures, and both."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import polars as pl
import torch

from broadsheet.core.artifacts import Artifact, arrays_hash, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Content, Embedded, MultimodalEmbedder
from broadsheet.core.errors import ImageError, WeightsError
from broadsheet.core.images import read_image
from broadsheet.core.index.formats import truncate
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind
from broadsheet.core.train import autocast
from broadsheet.represent.curate.rules import examples_by_rule
from broadsheet.represent.curate.sources import from_catalogue
from broadsheet.represent.muco.config import MucoConfig
from broadsheet.represent.muco.fit import fit_model, restored
from broadsheet.represent.muco.model import MultiTurn
from broadsheet.represent.muco.pictures import Pictures
from broadsheet.represent.muco.schema import Example


class Fitted(NamedTuple):
    """What training left: the artefact, a table with a line a stage, and by id the examples left out and why."""

    artifact: Artifact
    table: pl.DataFrame
    faults: Mapping[str, str]


class MucoEmbedder(MultimodalEmbedder[MucoConfig]):
    """Unit vectors `[N, d]` of texts, pictures and both, by a multi-turn contrastive model (MuCo, 2602.06393).

    The artefact holds what was trained, the template and its hash, and the hash of all that was not: with another backbone it
    is refused. In use every content is one turn.
    """

    config_type = MucoConfig
    kind = ArtifactKind.EMBEDDER

    def __init__(self, config: MucoConfig | None = None) -> None:
        super().__init__(config)
        self._net: MultiTurn | None = None
        self._weights = ""

    @property
    def model(self) -> str:
        """Name the backbone, the trained weights, and how much of a vector is kept."""
        kept = f", {self.config.dim} dimensions" if self.config.dim else ""
        return f"MuCo on {self.net.backbone.name}, weights {self._weights[:12]}{kept}"

    @property
    def net(self) -> MultiTurn:
        """The model. Raises NotFittedError before `fit` or `load`."""
        if self._net is None:
            raise self.not_fitted()
        return self._net

    def fit(self, catalogue: Catalogue, folder: Path, *, seed: int = 0) -> Artifact:
        """Train on a catalogue's texts, with the turns that rules make of them (`represent.curate`); pictures are trained on by `fit_examples`.

        Fewer than two items with turns give nothing to contrast: the model stays as it was, and the manifest's metrics say 0 steps.
        """
        entries = (entry.model_copy(update={"image": None}) for entry in from_catalogue(catalogue).entries)
        return self.fit_examples(examples_by_rule(entries, seed), folder, seed=seed, parents={"catalogue": catalogue.content_hash()}).artifact

    def fit_examples(
        self,
        examples: Sequence[Example],
        folder: Path,
        *,
        root: Path | None = None,
        seed: int = 0,
        parents: Mapping[str, str] | None = None,
        checkpoints: Path | None = None,
        progress: Progress = silent,
    ) -> Fitted:
        """Train on examples, whose pictures are relative to `root`; write the artefact to `folder`.

        With `checkpoints` (a folder) a run that was stopped goes on there, to the same bits. Raises RecordError where a batch
        has no negatives.
        """
        trained = fit_model(self.config, examples, root=root, seed=seed, checkpoints=checkpoints, progress=progress)
        self._net, self._weights = trained.net, self._named(trained.weights, trained.frozen)
        models = {"backbone": trained.net.backbone.name, "template": self.config.template.template_hash(), "frozen": trained.frozen}
        manifest = self.manifest(parents or {}, seed, trained.metrics, models)
        frames = {"record": trained.record} if trained.record.width else {}
        return Fitted(write_artifact(folder, manifest, {"weights": trained.weights}, frames), trained.table, trained.faults)

    @classmethod
    def load(cls, artifact: Artifact) -> Self:
        """Return the embedder that was trained. Raises WeightsError for a backbone that is not the one it was trained on."""
        embedder = cls(MucoConfig.model_validate(artifact.manifest.config))
        embedder._net = restored(embedder.config, artifact, artifact.manifest.seed or 0)
        embedder._weights = embedder._named(artifact.tensors("weights"), artifact.manifest.models["frozen"])
        return embedder

    def truncated(self, dim: int) -> Self:
        """Return the same embedder with vectors of `dim` leading dimensions. Raises WeightsError where there are fewer."""
        if dim > self.net.backbone.width:
            raise WeightsError(f"{self.model} has {self.net.backbone.width} dimensions, not {dim}.", f"Ask for at most {self.net.backbone.width}.")
        made = copy(self)
        made.config = self.config.model_copy(update={"dim": dim})
        return made

    def embed(self, contents: Sequence[Content], progress: Progress = silent) -> Embedded:
        """Embed contents as float32 rows `[N, d]`; one that says nothing, or a picture alone that cannot be read, is a zero row."""
        net = self.net
        rows = np.zeros((len(contents), net.backbone.width), dtype=np.float32)
        faults: dict[int, str] = {}
        spoken = [row for row, content in enumerate(contents) if content.text.strip() or content.image is not None]
        spoken.sort(key=lambda row: (contents[row].image is None, len(contents[row].text), row))
        progress("embedding", 0, len(spoken))
        for done, block in _blocks(spoken, self.config.batch):
            held, said = self._read(contents, block, faults)
            if said:
                with torch.inference_mode(), autocast(self.config.dtype):
                    shown = [("", key) for _, key in said.values()]
                    turns = [[(text, None)] for text, _ in said.values()]
                    rows[list(said)] = net.embed(shown, turns, Pictures(net.backbone, held=held)).numpy()
            progress("embedding", done, len(spoken))
        return Embedded(self._kept(rows), faults)

    def _read(self, contents: Sequence[Content], block: Sequence[int], faults: dict[int, str]) -> tuple[dict, dict[int, tuple[str, str | None]]]:
        """Read the pictures of a block; return them by key, and by row the text and key of what can be embedded."""
        held, said = {}, {}
        for row in block:
            text, image = contents[row]
            key = None
            if image is not None:
                try:
                    held[str(row)] = read_image(image)
                    key = str(row)
                except ImageError as error:
                    faults[row] = str(error)
            if key or text.strip():
                said[row] = (text.strip() or self.config.instruction, key)
        return held, said

    def _kept(self, rows: np.ndarray) -> np.ndarray:
        return rows if self.config.dim is None else truncate(rows, self.config.dim)

    def _named(self, weights: Mapping[str, np.ndarray], frozen: str) -> str:
        """Name all that a vector depends on: what was trained, what was not, template, history, and instruction."""
        said = f"{frozen}\n{self.config.template.template_hash()}\n{self.config.history}\n{self.config.instruction}"
        return arrays_hash({**weights, "said": np.frombuffer(said.encode(), dtype=np.uint8)})


def _blocks(rows: Sequence[int], size: int) -> Iterator[tuple[int, Sequence[int]]]:
    for start in range(0, len(rows), size):
        yield min(start + size, len(rows)), rows[start : start + size]
