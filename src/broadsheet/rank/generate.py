"""Generated recommendation: a language model is shown a history and twenty titles, and writes the one that comes next."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from broadsheet.core.backbones.trunk import PADDING, Layout, Memory
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.seeds import generator
from broadsheet.core.train import Stage, Trained, autocast, train
from broadsheet.rank.backbones import open_reader
from broadsheet.rank.config import RankerConfig

# Titles that are shown, the right one among them; items of a history that are; word pieces of a title; users that write at once.
SHOWN, BEFORE, TITLE, WRITING = 20, 20, 12, 64


class Written(NamedTuple):
    """For each user whether what was written is one of the titles shown, and whether it is the right one."""

    valid: np.ndarray
    right: np.ndarray


class Prompts(NamedTuple):
    """Titles as word pieces, each ended by a mark, and the marks: end of a title, before the titles shown, before the answer."""

    titles: Ragged
    end: int
    shown: list[int]
    answer: list[int]

    def prompt(self, history: np.ndarray, candidates: np.ndarray) -> list[int]:
        """Return what is read before the answer."""
        parts = [self.titles.row(item).tolist() for item in history[-BEFORE:].tolist()]
        offered = [self.titles.row(item).tolist() for item in candidates.tolist()]
        return [piece for part in (*parts, self.shown, *offered, self.answer) for piece in part]


def candidates_of(target: int, seen: np.ndarray, items: int, user: int, seed: int = 0) -> np.ndarray:
    """Return the target and other items that a user has not had, in an order and by a draw that depend on the user alone."""
    rng = generator(seed, "candidates", str(user))
    free = np.setdiff1d(np.arange(items), [*seen.tolist(), target])
    return rng.permutation(np.append(rng.choice(free, min(SHOWN - 1, len(free)), replace=False), target))


class Writer(nn.Module):
    """A backbone that writes: the next word piece by products with the vocabulary, which stays as it is."""

    def __init__(self, config: RankerConfig, titles: Sequence[str], seed: int = 0) -> None:
        super().__init__()
        self.reader = open_reader(config.model_copy(update={"longest": 1024, "tokens_per_item": 1}), seed)
        end = self.reader.encode(".")[0]
        rows = [[*[piece for piece in self.reader.encode(title) if piece != end][: TITLE - 1], end] for title in titles]
        self.prompts = Prompts(Ragged.of(rows), end, self.reader.encode("?"), self.reader.encode(":"))
        self.register_buffer("vocabulary", self.reader.words().float(), persistent=False)
        self.map = nn.Linear(self.reader.width, self.reader.width)
        with torch.no_grad():
            self.map.weight.copy_(torch.eye(self.reader.width))
            self.map.bias.zero_()
        self.scale = nn.Parameter(torch.tensor(1.0))

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """Return logits `[R, V]` of states `[R, d]`."""
        return self.map(states) @ self.get_buffer("vocabulary").T * self.scale

    def loss(self, prompts: Sequence[list[int]], answers: Sequence[list[int]]) -> torch.Tensor:
        """Return the mean cross-entropy of the answers' word pieces."""
        room = max(len(prompt) + len(answer) for prompt, answer in zip(prompts, answers, strict=True))
        ids, segment = torch.zeros(len(prompts), room, dtype=torch.long), torch.full((len(prompts), room), PADDING)
        wanted = torch.full((len(prompts), room), -100)
        for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
            whole = torch.tensor([*prompt, *answer])
            ids[row, : len(whole)], segment[row, : len(whole)] = whole, row
            wanted[row, len(prompt) - 1 : len(whole) - 1] = torch.tensor(answer)
        position = torch.arange(room).expand(len(prompts), -1)
        states = self.reader(self.get_buffer("vocabulary")[ids], Layout(segment, position))
        asked = wanted >= 0
        return functional.cross_entropy(self.logits(states[asked]).float(), wanted[asked])

    def write(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        """Write one title after each prompt, the likeliest word piece at a time, until its end."""
        found: list[list[int]] = []
        with torch.inference_mode(), autocast():
            for start in range(0, len(prompts), WRITING):
                found += self._write(prompts[start : start + WRITING])
        return found

    def _write(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        room = max(map(len, prompts))
        ids = torch.zeros(len(prompts), room, dtype=torch.long)
        lengths = torch.tensor([len(prompt) for prompt in prompts])
        for row, prompt in enumerate(prompts):
            ids[row, : len(prompt)] = torch.tensor(prompt)
        states, held = self.reader.extend(self.get_buffer("vocabulary")[ids], torch.arange(room).expand(len(prompts), -1))
        there = torch.arange(room)[None] < lengths[:, None]
        state = states[torch.arange(len(prompts)), lengths - 1]
        written: list[list[int]] = [[] for _ in prompts]
        for step in range(TITLE):
            piece = self.logits(state).argmax(dim=1)
            for row, one in enumerate(piece.tolist()):
                if not written[row] or written[row][-1] != self.prompts.end:
                    written[row].append(one)
            if all(row[-1] == self.prompts.end for row in written):
                break
            states, own = self.reader.extend(self.get_buffer("vocabulary")[piece][:, None], (lengths + step)[:, None], Memory(held, there))
            held, there = torch.cat([held, own], dim=4), torch.cat([there, torch.ones(len(prompts), 1, dtype=torch.bool)], dim=1)
            state = states[:, 0]
        return written


def fit_writer(
    config: RankerConfig,
    titles: Sequence[str],
    train_rows: Ragged,
    *,
    steps: int,
    users: int = 32,
    seed: int = 0,
    folder: Path | None = None,
    identity: Any = None,
    progress: Progress = silent,
) -> tuple[Writer, Trained]:
    """Train a writer: at each step some users, each at a place of the history drawn anew."""
    model = Writer(config, titles, seed)
    long = np.flatnonzero(train_rows.lengths > 1)

    def batches(stage: Stage, step: int, rng: np.random.Generator) -> tuple[list[list[int]], list[list[int]]]:
        del stage, step
        prompts, answers = [], []
        for user in long[rng.integers(len(long), size=users)].tolist():
            row = train_rows.row(user)
            cut = 1 + int(rng.integers(len(row) - 1))
            target = int(row[cut])
            offered = candidates_of(target, row, len(titles), int(rng.integers(2**31)), seed)
            prompts.append(model.prompts.prompt(row[:cut], offered))
            answers.append(model.prompts.titles.row(target).tolist())
        return prompts, answers

    def objective(writer: Writer, batch: tuple[list[list[int]], list[list[int]]]) -> dict[str, float]:
        with autocast():
            loss = writer.loss(*batch)
        loss.backward()
        return {"loss": float(loss.detach())}

    tuned = tuple(f"reader.{pattern}" for pattern in model.reader.tuned)
    stage = Stage(name="write", steps=steps, learning_rate=config.learning_rate, trainable=(*tuned, "map.*", "scale"), warmup=min(20, steps), save_every=200)
    done = train(model, [stage], batches, objective, folder, seed=seed, identity=identity, progress=progress)
    return model.eval(), done


def ask_writer(model: Writer, rows: Sequence[np.ndarray], targets: np.ndarray, users: np.ndarray) -> Written:
    """Let the writer answer for users, and compare what it wrote with the titles that each was shown."""
    offered = [candidates_of(int(target), row, len(model.prompts.titles.lengths), int(user)) for row, target, user in zip(rows, targets, users, strict=True)]
    written = model.write([model.prompts.prompt(row, shown) for row, shown in zip(rows, offered, strict=True)])
    title = model.prompts.titles
    valid = [any(title.row(item).tolist() == said for item in shown.tolist()) for said, shown in zip(written, offered, strict=True)]
    right = [title.row(int(target)).tolist() == said for said, target in zip(written, targets, strict=True)]
    return Written(np.array(valid), np.array(right))
