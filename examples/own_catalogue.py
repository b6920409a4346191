"""A page for a catalogue of one's own, by the library instead of the command line: python examples/own_catalogue.py FOLDER."""

import json
import sys
from pathlib import Path

from broadsheet.report.run import Request, run

MENU = [
    {"sku": "s1", "dish": "Ginger broth with greens", "blurb": "A clear hot broth with ginger, pak choi and noodles."},
    {"sku": "s2", "dish": "Cold cucumber soup", "blurb": "Cucumber, yoghurt and dill, served cold."},
    {"sku": "l1", "dish": "Cheese sandwich", "blurb": "Bread, cheddar and pickle; ready in a minute."},
]


def main(folder: Path) -> None:
    """Write a menu and a profile, then the page for that reader."""
    folder.mkdir(parents=True, exist_ok=True)
    menu, profile = folder / "menu.jsonl", folder / "me.toml"
    menu.write_text("".join(json.dumps(dish) + "\n" for dish in MENU))
    profile.write_text('name = "Sam"\ninterests = ["hot soup with ginger"]\nbudget = 2\n')
    request = Request(sources=(str(menu),), profile=str(profile), columns="id=sku,title=dish,text=blurb", settings=("ranking.use_dense=false",))
    result = run(request, folder / "page")
    for entry in result.report.picks():
        reasons = ", ".join(f"{reason.text} {reason.share:.0%}" for reason in entry.reasons)
        print(f"{entry.slot}. {entry.item.title}: {reasons or 'nothing of yours is near'}")
    print(result.page)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "menu"))
