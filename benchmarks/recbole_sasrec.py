"""Train RecBole's SASRec on a RecBole data set to the end of its own early stopping, and rank each user's last item among all: the rival beside `bench rank`.

RecBole is no dependency and wants older companions, so it runs in an environment of its own:

    python -m venv rival; rival/bin/pip install "torch>=2.9,<2.14" "setuptools>=77.0.3,<81" recbole==1.2.1
    rival/bin/python benchmarks/recbole_sasrec.py rival/lib/python3.11/site-packages/recbole/dataset_example/ml-100k --out recbole

The events are ordered by time and, within one time, by row; each gets its place as its time, so that the split is the one that
`bench rank` makes, whatever either does with equal times. OUT holds a checkpoint of each epoch (a run that was cut goes on where it was),
log.jsonl (an epoch a line) and, at the end, result.json and ranks.csv: user, item, rank with the history ranked and rank with it removed.
With --speed nothing is trained: the users are ranked by a model as it begins, which takes as long, and only how many a second is told.
"""

import argparse
import csv
import json
import os
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

for name, kind in (("bool8", np.bool_), ("float_", np.float64), ("complex_", np.complex128), ("unicode_", np.str_)):
    if not hasattr(np, name):
        setattr(np, name, kind)  # the `ray` that RecBole asks for still uses names that numpy has dropped

from recbole.config import Config  # noqa: E402
from recbole.data import create_dataset, data_preparation  # noqa: E402
from recbole.utils import get_model, get_trainer, init_seed  # noqa: E402

EPOCHS = 300


def named(source: Path) -> str:
    """Return the name of the ordered copy: of a data set called ml-100k RecBole reads the one it brings, wherever it is told to look."""
    return f"{source.name}-in-order"


def ordered(source: Path, out: Path) -> dict[str, list[str]]:
    """Write the events in their order with their place as time; return each user's items in that order."""
    user, item = 0, 1
    if (source / "sequences.txt").exists():
        with (source / "sequences.txt").open() as file:
            rows = [[one, other] for one, *line in map(str.split, file) for other in line]
    else:
        with (source / f"{source.name}.inter").open() as file:
            head, *rows = [line.rstrip("\n").split("\t") for line in file]
        columns = [name.split(":")[0] for name in head]
        user, item, at = columns.index("user_id"), columns.index("item_id"), columns.index("timestamp")
        rows.sort(key=lambda row: float(row[at]))
    folder = out / "data" / named(source)
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{row[user]}\t{row[item]}\t{place}" for place, row in enumerate(rows)]
    (folder / f"{folder.name}.inter").write_text("\n".join(["user_id:token\titem_id:token\ttimestamp:float", *lines]) + "\n")
    histories: dict[str, list[str]] = {}
    for row in rows:
        histories.setdefault(row[user], []).append(row[item])
    return histories


def config_of(name: str, out: Path, seed: int, batch: int) -> Config:
    """RecBole's own defaults of SASRec (64 wide, 2 layers, 2 heads, 50 items, dropout .5, cross-entropy over all items)."""
    return Config(
        model="SASRec",
        dataset=name,
        config_dict={
            "data_path": str(out / "data"),
            "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
            "train_neg_sample_args": None,
            "eval_args": {"split": {"LS": "valid_and_test"}, "order": "TO", "group_by": "user", "mode": "full"},
            "metrics": ["Hit", "NDCG"],
            "topk": [10],
            "valid_metric": "NDCG@10",
            "train_batch_size": batch,
            "seed": seed,
            "use_gpu": False,
            "show_progress": False,
            "state": "ERROR",
        },
    )


def rank_of(scores: np.ndarray, target: int) -> float:
    """Return how many items are before the target, ties by their mean."""
    return float((scores > scores[target]).sum() + ((scores == scores[target]).sum() - 1) / 2)


def ranks_of(model: torch.nn.Module, dataset: object, histories: dict[str, list[str]], longest: int, size: int = 256) -> tuple[list[tuple], float]:
    """Return (user, item, rank among all, rank with the history removed) of each user's last item, and the CPU seconds of scoring."""
    model.eval()
    asked = [(user, [dataset.token2id("item_id", item) for item in items]) for user, items in histories.items() if len(items) >= 3]
    rows, spent = [], 0.0
    for start in range(0, len(asked), size):
        some = asked[start : start + size]
        began = time.process_time()
        given = torch.zeros(len(some), longest, dtype=torch.long)
        for row, (_, items) in enumerate(some):
            held = items[:-1][-longest:]
            given[row, : len(held)] = torch.tensor(held)
        lengths = torch.tensor([min(longest, len(items) - 1) for _, items in some])
        with torch.no_grad():
            scores = model.full_sort_predict({"item_id_list": given, "item_length": lengths}).numpy()
        spent += time.process_time() - began
        for (user, items), row in zip(some, scores, strict=True):
            row[0] = -np.inf
            target = items[-1]
            kept = rank_of(row, target)
            row[[item for item in items[:-1] if item != target]] = -np.inf
            rows.append((user, str(dataset.id2token("item_id", target)), kept, rank_of(row, target)))
    return rows, spent


def measures(ranks: np.ndarray) -> dict[str, float]:
    """Return hit rate and nDCG at ten."""
    hit = ranks < 10
    return {"hit@10": float(hit.mean()), "ndcg@10": float(np.where(hit, 1 / np.log2(ranks + 2), 0).mean())}


def train(trainer: object, train_data: object, valid_data: object, out: Path, patience: int) -> list[dict]:
    """Train to the end of patience, an epoch a line of log.jsonl; leave the best weights in best.pt."""
    log = out / "log.jsonl"
    last = out / "last.pt"
    past = [json.loads(line) for line in log.read_text().splitlines()] if last.exists() else []
    if past:
        state = torch.load(last, weights_only=False)
        past = past[: state["epoch"] + 1]
        trainer.model.load_state_dict(state["model"])
        trainer.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        np.random.set_state(state["numpy"])  # noqa: NPY002 - what RecBole draws by
    log.write_text("".join(json.dumps(line) + "\n" for line in past))
    for epoch in range(len(past), EPOCHS):
        best = max(past, key=lambda line: line["valid_ndcg@10"], default=None)
        if best is not None and len(past) - 1 - best["epoch"] >= patience:
            break
        began = time.process_time()
        loss = trainer._train_epoch(train_data, epoch, show_progress=False)  # noqa: SLF001 - its `fit` does not survive today's torch.load
        spent = time.process_time() - began
        found = trainer.evaluate(valid_data, load_best_model=False, show_progress=False)
        line = {
            "epoch": epoch,
            "loss": float(loss),
            "train_cpu_s": round(spent, 1),
            "valid_hit@10": found["hit@10"],
            "valid_ndcg@10": found["ndcg@10"],
            "load": os.getloadavg()[0],
        }
        past.append(line)
        if best is None or line["valid_ndcg@10"] > best["valid_ndcg@10"]:
            torch.save(trainer.model.state_dict(), out / "best.pt")
        torch.save(
            {
                "epoch": epoch,
                "model": trainer.model.state_dict(),
                "optimizer": trainer.optimizer.state_dict(),
                "random": torch.get_rng_state(),
                "numpy": np.random.get_state(),  # noqa: NPY002 - what RecBole draws by
            },
            out / "part.pt",
        )
        (out / "part.pt").replace(last)
        with log.open("a") as file:
            file.write(json.dumps(line) + "\n")
    return past


def speed(given: argparse.Namespace, model: torch.nn.Module, named: str, dataset: object, histories: dict[str, list[str]], longest: int) -> None:
    """Tell how many users a CPU second are ranked, three times over."""
    found = []
    for _ in range(3):
        rows, spent = ranks_of(model, dataset, histories, longest)
        found.append(round(len(rows) / spent, 1))
    facts = {
        "command": f"python benchmarks/recbole_sasrec.py {given.data.name} --speed",
        "model": f"{named}, not trained",
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],
        "users": len(histories),
        "items": dataset.item_num - 1,
        "events_a_user": round(sum(min(longest, len(items) - 1) for items in histories.values()) / len(histories), 2),
        "users_a_cpu_s": found,
    }
    (given.out / "speed.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


def main() -> None:
    """Train, rank, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder NAME with NAME.inter, or one with sequences.txt: a user a line, with the items in order")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=2048, help="prefixes a step (RecBole's default)")
    parser.add_argument("--patience", type=int, default=10, help="epochs without a better valid nDCG@10 before it ends (RecBole's default)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speed", action="store_true", help="train nothing, tell how many users a CPU second it ranks")
    given = parser.parse_args()
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    torch.set_num_threads(threads)
    given.out.mkdir(parents=True, exist_ok=True)
    histories = ordered(given.data, given.out)
    config = config_of(named(given.data), given.out, given.seed, given.batch)
    init_seed(given.seed, reproducibility=True)
    dataset = create_dataset(config)
    train_data, valid_data, _ = data_preparation(config, dataset)
    model = get_model("SASRec")(config, train_data.dataset)
    model_named = (
        f"RecBole {version('recbole')} on torch {version('torch')}, SASRec, 64 wide, 2 layers, 2 heads, 50 items, dropout .5, cross-entropy over all items"
    )
    if given.speed:
        speed(given, model, model_named, dataset, histories, config["MAX_ITEM_LIST_LENGTH"])
        return
    trainer = get_trainer(config["MODEL_TYPE"], "SASRec")(config, model)
    past = train(trainer, train_data, valid_data, given.out, given.patience)
    model.load_state_dict(torch.load(given.out / "best.pt"))
    rows, spent = ranks_of(model, dataset, histories, config["MAX_ITEM_LIST_LENGTH"])
    with (given.out / "ranks.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["user", "item", "rank_kept", "rank_removed"])
        writer.writerows(rows)
    best = max(past, key=lambda line: line["valid_ndcg@10"])
    facts = {
        "command": f"python benchmarks/recbole_sasrec.py {given.data.name} --batch {given.batch} --patience {given.patience} --seed {given.seed}",
        "model": model_named,
        "threads": threads,
        "users": len(rows),
        "items": dataset.item_num - 1,
        "targets": len(train_data.dataset),
        "epochs": len(past),
        "best_epoch": best["epoch"],
        "valid_ndcg@10": best["valid_ndcg@10"],
        "cpu_s_an_epoch": round(float(np.median([line["train_cpu_s"] for line in past])), 1),
        "train_cpu_s": round(sum(line["train_cpu_s"] for line in past), 1),
        "users_a_cpu_s": round(len(rows) / spent, 1),
        "kept": measures(np.array([row[2] for row in rows])),
        "removed": measures(np.array([row[3] for row in rows])),
    }
    (given.out / "result.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
