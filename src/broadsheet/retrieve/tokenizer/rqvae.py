"""Semantic IDs by a residual-quantised autoencoder, as the papers have it; residual k-means needs no training and is the default."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

import numpy as np
import torch
from pydantic import Field
from torch import nn
from torch.nn import functional

from broadsheet.core.config import Config
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.core.train import Stage, descend, train
from broadsheet.retrieve.tokenizer.codebook import Codebook, CodebookConfig, Encoded


class RqVaeConfig(Config):
    """How the autoencoder is trained: width of what is quantised, weight of the commitment, steps, and how often dead codes are restarted."""

    latent: Annotated[int, Field(ge=2)] = 32
    hidden: Annotated[int, Field(ge=2)] = 128
    commitment: Annotated[float, Field(gt=0)] = 0.25
    steps: Annotated[int, Field(ge=1)] = 1000
    batch: Annotated[int, Field(ge=2)] = 512
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    restart_every: Annotated[int, Field(ge=1)] = 50


class Quantised(NamedTuple):
    """Codes `[B, L]`, their sum in the space of latents `[B, z]`, and the losses of the codebook and of the commitment."""

    codes: torch.Tensor
    vectors: torch.Tensor
    book: torch.Tensor
    commitment: torch.Tensor


class RqVae(nn.Module):
    """Vectors `[B, d]` to latents `[B, z]` and back, quantised level by level in between (Zeghidour et al. 2021; Rajput et al. 2023).

    The codebook begins as residual k-means of the first latents. A code that no vector chose for `restart_every` steps becomes
    what is left of a random vector of the batch at its level.
    """

    def __init__(self, features: int, config: RqVaeConfig, codes: CodebookConfig, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, "rqvae").integers(2**62)))
            self.encoder = nn.Sequential(nn.Linear(features, config.hidden), nn.ReLU(), nn.Linear(config.hidden, config.latent))
            self.decoder = nn.Sequential(nn.Linear(config.latent, config.hidden), nn.ReLU(), nn.Linear(config.hidden, features))
            self.centres = nn.Parameter(torch.randn(codes.levels, codes.size, config.latent) * 0.1)
        # Steps since a code was last chosen; no part of what is learnt.
        self.idle = torch.zeros(codes.levels, codes.size)

    def quantise(self, latents: torch.Tensor) -> Quantised:
        """Quantise latents; gradients pass straight through."""
        residual, total = latents, torch.zeros_like(latents)
        codes, book, commitment = [], latents.new_zeros(()), latents.new_zeros(())
        for centres in self.centres:
            chosen = torch.cdist(residual.detach(), centres.detach()).argmin(dim=1)
            vectors = centres[chosen]
            book = book + functional.mse_loss(vectors, residual.detach())
            commitment = commitment + functional.mse_loss(residual, vectors.detach())
            codes.append(chosen)
            total, residual = total + vectors, residual - vectors
        return Quantised(torch.stack(codes, dim=1), latents + (total - latents).detach(), book, commitment)

    def loss(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return reconstruction, codebook and weighted commitment losses added up."""
        latents = self.encoder(vectors)
        self._restart(latents.detach())
        found = self.quantise(latents)
        return functional.mse_loss(self.decoder(found.vectors), vectors) + found.book + self.config.commitment * found.commitment

    def latents(self, vectors: np.ndarray) -> np.ndarray:
        """Return the latents `[N, z]` of vectors."""
        with torch.inference_mode():
            return self.encoder(torch.from_numpy(np.asarray(vectors, dtype=np.float32))).numpy()

    def reconstruct(self, latents: np.ndarray) -> np.ndarray:
        """Return the vectors `[N, d]` that latents decode to."""
        with torch.inference_mode():
            return self.decoder(torch.from_numpy(np.asarray(latents, dtype=np.float32))).numpy()

    @torch.no_grad()
    def _restart(self, residual: torch.Tensor) -> None:
        for level in range(len(self.centres)):
            chosen = torch.cdist(residual, self.centres[level]).argmin(dim=1)
            self.idle[level] += 1
            self.idle[level, chosen] = 0
            dead = torch.nonzero(self.idle[level] >= self.config.restart_every)[:, 0]
            self.centres[level, dead] = residual[torch.randint(len(residual), (len(dead),))]
            self.idle[level, dead] = 0
            residual = residual - self.centres[level, chosen]


class _Rows:
    """Batches of rows drawn without repeats."""

    def __init__(self, vectors: np.ndarray) -> None:
        self.vectors = np.asarray(vectors, dtype=np.float32)

    def __call__(self, stage: Stage, step: int, rng: np.random.Generator) -> torch.Tensor:
        del step
        return torch.from_numpy(self.vectors[rng.choice(len(self.vectors), min(stage.batch, len(self.vectors)), replace=False)])


class FittedRqVae(NamedTuple):
    """The autoencoder, its codebook in the space of latents, and the codes, collisions mended as for any codebook."""

    model: RqVae
    codebook: Codebook
    encoded: Encoded


def fit_rqvae(
    vectors: np.ndarray, config: RqVaeConfig | None = None, codes: CodebookConfig | None = None, *, seed: int = 0, progress: Progress = silent
) -> FittedRqVae:
    """Fit to vectors `[N, d]` with at least one row. Raises RecordError as `Codebook.fit` does."""
    settings, levels = config or RqVaeConfig(), codes or CodebookConfig()
    model = RqVae(vectors.shape[1], settings, levels, seed)
    start, _ = Codebook.fit(model.latents(vectors), levels, seed=seed)
    with torch.no_grad():
        model.centres.copy_(torch.from_numpy(start.centres))
    stage = Stage(name="rqvae", steps=settings.steps, learning_rate=settings.learning_rate, batch=settings.batch, schedule="cosine")

    def loss(net: RqVae, rows: torch.Tensor) -> torch.Tensor:
        return net.loss(rows)

    train(model, [stage], _Rows(vectors), descend(loss, "float32"), seed=seed, progress=progress)
    latents = model.latents(vectors)
    book = Codebook(levels, model.centres.detach().numpy().copy())
    return FittedRqVae(model, book, book.apart(latents, book.nearest(latents)))


def error(fitted: FittedRqVae, vectors: np.ndarray) -> Mapping[str, float]:
    """Return the share of the variance that is lost by the autoencoder alone, and with its codes."""
    spread = float(((vectors - vectors.mean(axis=0)) ** 2).sum())
    plain, coded = fitted.model.latents(vectors), fitted.codebook.decode(fitted.encoded.codes)
    return {name: float(((vectors - fitted.model.reconstruct(of)) ** 2).sum()) / spread for name, of in (("plain", plain), ("coded", coded))}
