"""Train Cornac's SASRec on a file of sequences for so many seconds, and rank each user's last item among all: the rival beside `bench retrieve`.

It runs in an environment of its own (python -m venv rival; rival/bin/pip install "torch>=2.9,<2.14" cornac==3.0.1), for Cornac is no dependency:

    rival/bin/python benchmarks/cornac_sasrec.py amazon/beauty --seconds 1260 --seed 0
"""

import argparse
import json
import os
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from cornac.eval_methods import NextItemEvaluation
from cornac.models import SASRec


def read(folder: Path) -> list[list[str]]:
    """Return the items of each user, in time order; the first word of a line is the user."""
    return [line.split()[1:] for line in (folder / "sequences.txt").read_text().splitlines() if line.strip()]


def fitted(method: NextItemEvaluation, epochs: int, seed: int) -> tuple[SASRec, float]:
    """Train for so many epochs; return the model and the CPU seconds it took."""
    began = time.process_time()
    model = SASRec(embedding_dim=64, n_epochs=epochs, dropout=0.5, loss="ce", max_len=50, num_blocks=2, num_heads=2, seed=seed)
    model.fit(method.train_set)
    return model, time.process_time() - began


def main() -> None:
    """Time two epochs, train for as many as fit, and rank."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seconds", type=float, default=1260, help="CPU seconds of training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep-seen", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    rows = [row for row in read(given.data) if len(row) >= 3]
    events = [(str(user), item, 1.0, place) for user, row in enumerate(rows) for place, item in enumerate(row)]
    method = NextItemEvaluation.leave_last_out(events, seed=given.seed)
    _, one = fitted(method, 1, given.seed)
    _, three = fitted(method, 3, given.seed)
    epochs = max(1, int(given.seconds / max((three - one) / 2, 1e-9)))
    model, spent = fitted(method, epochs, given.seed)
    number = method.train_set.iid_map
    ranks = []
    for row in rows:
        history, target = [number[item] for item in row[:-1] if item in number], number.get(row[-1])
        scores = np.array(model.score(None, history), dtype=np.float64)[: len(number)]
        if target is None:
            ranks.append(np.inf)
            continue
        if not given.keep_seen:
            scores[[item for item in history if item != target]] = -np.inf
        ranks.append(float((scores > scores[target]).sum() + ((scores == scores[target]).sum() - 1) / 2))
    found = np.array(ranks)
    hit = found < 10
    facts = {
        "command": f"python benchmarks/cornac_sasrec.py {given.data} --seconds {given.seconds:g} --seed {given.seed}{' --keep-seen' * given.keep_seen}",
        "model": f"Cornac {version('cornac')}, SASRec, 64 wide, 2 blocks, cross-entropy with 2,048 sampled items, dropout .5",
        "seen": "kept" if given.keep_seen else "removed",
        "users": len(rows),
        "items": len(number),
        "epochs": epochs,
        "train_cpu_s": round(spent, 1),
        "recall@10": float(hit.mean()),
        "recall@10_se": float(hit.std() / np.sqrt(len(hit))),
        "ndcg@10": float(np.where(hit, 1 / np.log2(found + 2), 0).mean()),
    }
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
