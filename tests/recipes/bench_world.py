"""A small stream of fictional papers: authors who keep to their themes, written as JSON Lines."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np

LISTS = (("cs.IR",), ("cs.IR", "cs.CL"), ("cs.CL",))


def write_stream(path: Path, labels: int = 44, papers: int = 9, seed: int = 0) -> Path:
    """Write labels x papers by 30 authors over 6 themes of 40 words; the first label is 2026-01-05."""
    rng = np.random.default_rng(seed)
    words = [[f"theme{t}word{w}" for w in range(40)] for t in range(6)]
    common = [f"plain{w}" for w in range(120)]
    theme = rng.integers(6, size=30)
    lines = []
    for day in range(labels):
        label = date(2026, 1, 5) + timedelta(days=day)
        for number in range(papers):
            first, second = rng.choice(30, 2, replace=False)
            text = [*rng.choice(words[theme[first]], 6), *rng.choice(words[theme[second]], 3), *rng.choice(common, 14)]
            rng.shuffle(text)
            row = {"id": f"x{day}-{number}", "title": " ".join(text[:5]), "abstract": " ".join(text[5:]), "announced": str(label)}
            row |= {"authors": [f"Author Number{first}", f"Author Number{second}"], "lists": list(LISTS[int(rng.integers(3))])}
            lines.append(json.dumps(row))
    path.write_text("\n".join(lines) + "\n")
    return path
