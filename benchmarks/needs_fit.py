"""What a labeller learnt from few labels makes of complaints it has not seen, beside prototypes and words alone: the figures as one JSON object."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet.core.bench.provenance import commit, hash_files
from broadsheet.core.errors import ConfigError
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.seeds import generator
from broadsheet.needs.agree.labels import Label, Labelled
from broadsheet.needs.bench.complaints import Complaints, read_complaints
from broadsheet.needs.fit.run import Options, fit
from broadsheet.needs.label.classifier import Classifier
from broadsheet.needs.label.prototypes import Prototypes
from broadsheet.needs.label.trained import TrainedLabeller
from broadsheet.needs.taxonomy import Taxonomy, open_taxonomy
from broadsheet.represent import MiniLMConfig, MiniLMEmbedder

HERE = Path(__file__).resolve().parent
COUNTS = (40, 100, 200, 400)
PROTOTYPES, WORDS, FITTED = "prototypes, no labels", "TF-IDF + logistic regression", "needs fit"


def vectors(texts: tuple[str, ...]) -> tuple[Any, str]:
    """Return what gives vectors of texts, those of complaints from a table, and the model's name."""
    embedder = MiniLMEmbedder(MiniLMConfig())
    table = dict(zip(texts, np.asarray(embedder(list(texts))), strict=True))

    def embed(asked: Any) -> np.ndarray:
        new = [text for text in asked if text not in table]
        table.update(zip(new, np.asarray(embedder(new)), strict=True))
        return np.stack([table[text] for text in asked])

    return embed, embedder.model


def measured(held: Complaints, taxonomy: Taxonomy, prototypes: Prototypes, seed: int, count: int) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, Any]]:
    """Return which complaints were not labelled, whether each arm is right on them, and what the fit says of itself."""
    order = generator(seed, "needs fit bench").permutation(len(held.texts))
    learnt, rest = order[:count], order[count:]
    asked, truth = [held.texts[row] for row in rest], np.array([held.products[row] for row in rest])
    labels = {(f"p{row}", "the product"): Label(held.products[row]) for row in learnt}
    with tempfile.TemporaryDirectory() as name:
        sheet = Path(name) / "labels.csv"
        sheet.write_text("", encoding="utf-8")
        read = Labelled(labels, {f"p{row}": held.texts[row] for row in learnt}, {})
        found, artifact = fit([sheet], read, Path(name) / "labeller", taxonomy, prototypes, Options(seed=seed))
        ours = TrainedLabeller.load(artifact, taxonomy, prototypes)(asked)
    said = {PROTOTYPES: prototypes(asked).best, FITTED: ours.best}
    try:
        said[WORDS] = Classifier.fit([held.texts[row] for row in learnt], [held.products[row] for row in learnt], seed=seed)(asked).best
    except ConfigError:
        said[WORDS] = [""] * len(asked)
    own = {"chosen": found.compared.chosen, "is_better": found.compared.is_better, "gain": found.compared.gain.model_dump()}
    sure = float(np.abs(ours.certainty - (np.array(ours.best) == truth)).mean())
    return rest, {arm: np.array(one) == truth for arm, one in said.items()}, {**own, "certainty": float(ours.certainty.mean()), "off": sure}


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    path = Path(os.environ.get("BROADSHEET_DATA", HERE.parent.parent / "shared" / "data")) / "posts" / "cfpb_narratives_14llm.csv"
    if not path.is_file():
        sys.exit("The public complaints are not here.\nSet BROADSHEET_DATA to the folder of public data sets.")
    held, taxonomy = read_complaints(path), open_taxonomy(str(HERE / "products.yaml"))
    embed, model = vectors(held.texts)
    prototypes = Prototypes(taxonomy, embed, model)
    rows = []
    for count in COUNTS:
        right: dict[str, list[np.ndarray]] = {}
        texts, says = [], []
        for seed in range(options.seeds):
            rest, arms, own = measured(held, taxonomy, prototypes, seed, count)
            texts.append(rest)
            says.append(own)
            for arm, values in arms.items():
                right.setdefault(arm, []).append(values)
            print(f"{count} labels, seed {seed}", file=sys.stderr)
        for arm, values in sorted(right.items()):
            spread = bootstrap_mean(np.concatenate(values).astype(float), generator(0, "needs fit bench", arm), clusters=np.concatenate(texts), rounds=2000)
            row = {"name": arm, "labels": count, "accuracy": spread.mean, "accuracy_lo": spread.low, "accuracy_hi": spread.high}
            rows.append({**row, "says": says} if arm == FITTED else row)
    facts = {"bench": "needs-fit", "command": f"python benchmarks/needs_fit.py --seeds {options.seeds}", "commit": commit()}
    data = {"cfpb_narratives_14llm": hash_files([path]), "products": hash_files([HERE / "products.yaml"])}
    print(json.dumps({**facts, "data": data, "seeds": options.seeds, "model": model, "load": os.getloadavg()[0], "rows": rows}, indent=1))


main()
