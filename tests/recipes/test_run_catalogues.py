"""Catalogues of each kind: what docs/catalogues.md and the tutorial show runs, and the page of a reader is made of what was had before."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pytest
from tests.conftest import ROOT, missing

from broadsheet import sample
from broadsheet.core.artifacts import read_artifact
from broadsheet.core.errors import BroadsheetError
from broadsheet.core.packages import EFFICIENTNET, MINILM
from broadsheet.core.schema import ArtifactKind
from broadsheet.report import composed
from broadsheet.report.model import Report
from broadsheet.sample.catalogues import write_catalogue
from broadsheet.stack.composing import steps_of
from broadsheet.stack.holdings import Asked, Holdings
from broadsheet.stack.recipe import Recipe
from broadsheet.stack.record import read_run
from broadsheet.stack.running import step_key
from broadsheet.stack.shop import read_shop
from broadsheet.stack.slate import read_slate
from broadsheet.stack.steps.score import Table, fit_weights
from broadsheet.stack.why import Lineage

DOCS = ROOT / "docs"
BLOCKS = dict(re.findall(r"## ([^\n]+)\n(?:(?!\n## ).)*?```sh\n(.*?)```", (DOCS / "catalogues.md").read_text(), re.DOTALL))
TUTORIAL = (DOCS / "tutorial.md").read_text()
TYPED = [line for block in re.findall(r"```sh\n(.*?)```", TUTORIAL, re.DOTALL) for line in block.strip().split("\n")]
ASKED = re.findall(r"^POST (\S+) (\{.*\})$", TUTORIAL, re.MULTILINE)
# Small enough for a test: few items, few users, and a step or two of training.
FEW = ("--users", "9", "--items", "16")
QUICK = [word for name in ("retrieve.epochs", "retrieve.id_epochs", "rank.epochs") for word in ("--set", f"fit.{name}=1")]


def needs_models():
    for weights in (MINILM, EFFICIENTNET):
        if not weights.is_installed():
            missing(f"{weights.what} is not installed: {weights.install}")


def smaller(line):
    words = shlex.split(line)[1:]
    if words[:2] == ["sample", "catalogue"]:
        return [*words, *FEW]
    return [*words, *QUICK] if words[0] == "run" and "papers.toml" not in words else words


@pytest.mark.parametrize("kind", BLOCKS)
def test_a_worked_example_of_the_docs_runs(kind, here, tmp_path, monkeypatch):
    needs_models()
    if kind == "Papers":
        import csv

        rows = [(one.item.id, one.item.title, one.item.text, ";".join(one.item.creators), ";".join(one.item.categories)) for one in sample.announcements()[:8]]
        with (tmp_path / "day.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("id", "title", "abstract", "authors", "categories"), *rows])
    hints = []
    for line in BLOCKS[kind].strip().split("\n"):
        done = here(*smaller(line))
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        hints += re.findall(r"^(?:Search in|Ask of) it: (broadsheet .*)$", done.stderr, re.MULTILINE)
    folder = tmp_path / {"A shop": "shop/run", "A menu": "menu/run", "Movies": "movies/run", "Papers": "papers-run"}[kind]
    run = read_run(folder)
    assert not run.failed
    assert (folder / str(run.label) / "index.html").is_file()
    # What a run says that can be typed next can be.
    assert bool(hints) == (kind != "Papers")
    for hint in hints[-2:]:
        assert here(*shlex.split(hint)[1:]).returncode == 0, hint
    if kind == "A shop":
        assert re.search(r"""ask run 'How many articles have the category "\w+"\?' --graph shop/run/steps/ask""", hints[1])
        bought_and_shown(folder, run)
        the_tutorial_goes_on(here)
    if kind == "Movies":
        assert run.step("vectors").state == run.step("retrieve").state == "unchanged"
        assert run.step("fit-rank").state == "done"
        assert run.step("plan").figures["picks"] == 5


def bought_and_shown(folder, run):
    """What a customer had is not on the page, and what was not enough to fit weights on is said."""
    held = Holdings(read_artifact(folder / "steps/catalogue", ArtifactKind.CATALOGUE))
    assert run.reader == held.asks[0].user == "customer07"
    slate = read_slate(read_artifact(folder / "steps/plan", ArtifactKind.SLATE))
    assert not set(slate) & set(held.asks[0].history)
    assert {one.item for one in slate.values()} <= set(held.items)
    assert "fewer than 30" in run.step("score").note
    # Where nothing is fitted ranking alone orders, and the weights say so.
    assert {name: run.step("score").figures[f"weight of {name}"] for name in ("retrieve", "rank")} == {"retrieve": 0.0, "rank": 1.0}
    assert run.step("vectors").figures["with a picture"] == 16
    ranks = read_artifact(folder / "steps/rank", ArtifactKind.SCORES).frame("scores").to_dicts()
    own = {row["item"]: row["score"] for row in ranks if row["user"] == "customer07"}
    allowed = [item for item in sorted(own, key=lambda item: -own[item]) if not slate[item].held_back]
    assert [item for item in slate if not slate[item].held_back] == allowed
    # Each pick says why it is there in a sentence that the page, its JSON and the command have alike; what was not picked says none.
    assert all(bool(one.because) == (one.slot is not None) for one in slate.values())
    report = Report.model_validate_json((folder / str(run.label) / "report.json").read_bytes())
    first = report.picks()[0]
    assert first.because == slate[first.item.id].because == Lineage(folder).because(first.item.id)
    assert "bought" in first.because or "article" in first.because
    assert '<p class="reason">' in (folder / str(run.label) / "index.html").read_text()
    assert run.took > 0


def the_tutorial_goes_on(here):
    """The tutorial is of the same shop: it begins with the same commands, and what it shows beyond them runs too, the server last."""
    *rest, serve = [line for line in TYPED if line not in BLOCKS["A shop"].strip().split("\n")]
    assert len(TYPED) - len(rest) - 1 == 4
    for line in rest:
        done = here(*smaller(line))
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    assert Path("shop/why.svg").read_text().startswith("<svg")
    if all(importlib.util.find_spec(name) for name in ("fastapi", "uvicorn")):
        served(here, shlex.split(serve)[1:])


def served(here, words):
    """A server answers what the tutorial asks it, until it is interrupted. It runs here, where models are imported already, and who asks in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = []

    def ask():
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, verify=False, timeout=60) as client:
            try:
                while answer(client) == 503:
                    time.sleep(0.1)
                told.extend(client.post(path, json=json.loads(body)) for path, body in ASKED)
            finally:
                # The server has answered, so that it is the one that hears this.
                os.kill(os.getpid(), signal.SIGINT)

    asking = threading.Thread(target=ask)
    asking.start()
    done = here(*words, "--port", str(port), "--no-work")
    asking.join(60)
    assert done.returncode == 130, done.stderr
    assert [one.status_code for one in told] == [200] * len(ASKED) == [200, 200, 200]
    assert all(len(one.json()["hits"]) == 3 for one in told)


def answer(client):
    """Return the status of the server; 503 until all parts are open, or where there is none yet."""
    try:
        return client.get("/readyz").status_code
    except httpx.TransportError:
        return 503


def test_a_fictional_catalogue_is_the_same_for_the_same_seed(tmp_path):
    for name in ("one", "two"):
        write_catalogue("menu", tmp_path / name, users=5, items=8, seed=3)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(files) == 11
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)
    with pytest.raises(BroadsheetError, match="Did you mean 'menu'"):
        write_catalogue("menus", tmp_path / "three")


def test_what_is_wrong_with_a_shop_is_told(tmp_path):
    write_catalogue("shop", tmp_path, users=5, items=8)
    (tmp_path / "outside.png").write_bytes(b"x")
    items = (tmp_path / "items.csv").read_text().replace("s001.png", "../outside.png").replace("s002.png", "nowhere.png")
    (tmp_path / "items.csv").write_text(items)
    with (tmp_path / "events.csv").open("a") as events:
        events.write("customer01,s999,2026-03-05\n")
    with (tmp_path / "items.csv").open("a") as rows:
        rows.write(items.split("\n")[1] + "\n")
    recipe = Recipe(kind="shop", source=(str(tmp_path / "items.csv"),), events=str(tmp_path / "events.csv"), images=str(tmp_path / "images"))
    read = read_shop(recipe, "customer01")
    assert "Left out: 1 event of items that the catalogue lacks." in read.note
    assert "Merged with the first of the same id: 1 record, which says the same." in read.note
    assert "Without a picture: 2 items." in read.note
    assert read.items["s001"].images == ()
    assert read.items["s003"].images == ("s003.png",)
    with pytest.raises(BroadsheetError, match="Did you mean 'customer01'"):
        read_shop(recipe, "customer1")
    with pytest.raises(BroadsheetError, match="Did you mean 'customer01'"):
        composed.compose(recipe, tmp_path / "run", composed.Asked("customer1"))
    assert not (tmp_path / "run").exists()
    with pytest.raises(BroadsheetError, match=r"No event of events\.csv"):
        read_shop(recipe.model_copy(update={"event_columns": "user=sku,item=customer"}), "")


def test_a_picture_that_changes_changes_the_vectors_and_not_the_words(tmp_path):
    recipe = Recipe(kind="shop", source=("items.csv",), events="events.csv", images=str(tmp_path))
    steps = {step.name: step for step in steps_of(recipe, "")}
    assert list(steps) == ["catalogue", "vectors", "retrieve", "rank", "score", "needs", "ask"]
    before = {name: step_key(step, {}) for name, step in steps.items()}
    (tmp_path / "s000.png").write_bytes(b"x")
    changed = [name for name, step in steps.items() if step_key(step, {}) != before[name]]
    assert changed == ["catalogue", "vectors"]


def test_a_folder_of_sequences_is_a_catalogue_too(tmp_path):
    (tmp_path / "sequences.txt").write_text("ana a b c\nbo b a\n")
    (tmp_path / "items.jsonl").write_text("".join(f'{{"id": "{item}", "title": "Thing {item}", "categories": ["things"]}}\n' for item in "abc"))
    read = read_shop(Recipe(kind="shop", events=str(tmp_path)).check(), "")
    assert read.histories == {"u1": ["a", "b", "c"], "u2": ["b", "a"]}
    assert read.reader == "u1"
    assert read.items["a"].title == "Thing a"
    assert read.events.height == 5
    assert "2 users" in read.note


def test_weights_are_those_of_held_out_choices_and_none_where_there_are_few():
    import polars as pl

    rng = np.random.default_rng(0)
    rows, asks = [], []
    for user in range(200):
        told, noise = rng.normal(size=8), rng.normal(size=8)
        taken = int(np.argmax(told * 1.5 + rng.gumbel(size=8)))
        rows += [(f"u{user}", f"i{item}", told[item], noise[item]) for item in range(8)]
        asks.append(Asked(f"u{user}", (), tuple(f"i{item}" for item in range(8)), f"i{taken}"))
    frame = pl.DataFrame(rows, schema=["user", "item", "told", "noise"], orient="row")
    stages = {name: Table(frame.select("user", "item", pl.col(name).alias("score"))) for name in ("told", "noise")}
    fitted = fit_weights(asks, stages)
    assert fitted.choices == 200
    assert fitted.weight("told") == pytest.approx(1.5, abs=0.45)
    assert abs(fitted.weight("noise")) < 0.3
    few = fit_weights(asks[:29], stages)
    assert few.choice is None
    assert few.weight("told") == 0
    # A choice of something that was not on offer teaches nothing.
    assert fit_weights([one._replace(target="elsewhere") for one in asks], stages).choices == 0


@pytest.fixture(scope="module")
def bought(tmp_path_factory):
    """The run of a small shop whose reader bought one article twice, with the folder of it."""
    needs_models()
    folder = tmp_path_factory.mktemp("shop")
    write_catalogue("shop", folder, users=9, items=16)
    items = (folder / "items.csv").read_text().replace(",price,", ",price_eur,", 1)
    (folder / "items.csv").write_text(items)
    with (folder / "events.csv").open("a") as events:
        events.write("customer01,s003,2026-03-28\ncustomer01,s003,2026-03-29\n")
    stages = {"retrieve": "off", "rank": "fit", "plan": "least-exposed", "ask": "off"}
    recipe = {"kind": "shop", "source": str(folder / "items.csv"), "events": str(folder / "events.csv"), "slate": 4}
    done = composed.compose(Recipe(**recipe, stages=stages, fit={"rank": {"epochs": 1}}), folder / "run", composed.Asked("customer01"))
    assert done.error is None
    return folder, done


OF_PAPERS = re.compile(r"\b(papers?|abstract|authors?|library|of the day|Daily Report|that is new|cross|withdrawn|Anonymous)\b", re.IGNORECASE)


def text_of(page):
    bare = re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"<[^>]*>", " ", re.sub(r'aria-label="([^"]*)"', r"> \1 <x ", bare))


@pytest.mark.parametrize(("kind", "one", "had"), [("shop", "article", "bought"), ("menu", "dish", "ordered"), ("movies", "movie", "watched")])
def test_the_page_of_a_catalogue_speaks_of_its_items(bought, kind, one, had):
    from broadsheet.report.archive import day_files
    from broadsheet.report.render.mail_html import mail_html
    from broadsheet.report.render.mail_text import MailView, mail_text

    report = bought[1].report
    files = day_files(report.model_copy(update={"run": report.run.model_copy(update={"kind": kind})}))
    assert list(files) == ["index.html", "report.md", "report.json", "report.atom"]
    many = one + ("es" if one == "dish" else "s")
    page = text_of(files["index.html"])
    assert f"Skip to the {many}" in page
    assert f"What customer01 has not {had}, the best first" in page
    assert files["report.md"].startswith(f"# Picked {many} - ")
    assert "| Title | Key | Text | Price eur |" in files["report.md"]
    assert "## More, by score" in files["report.md"]
    assert f"<title>Picked {many} for customer01, " in files["report.atom"]
    shown = MailView(report.model_copy(update={"run": report.run.model_copy(update={"kind": kind})}))
    for text in (page, files["report.md"], text_of(files["report.atom"]), mail_text(shown), text_of(mail_html(shown))):
        assert OF_PAPERS.findall(text) == []


def test_what_lies_beside_the_page_of_a_shop_speaks_of_articles_too(bought):
    folder, done = bought
    assert sorted(path.name for path in done.page.parent.iterdir()) == ["index.html", "report.atom", "report.json", "report.md"]
    index = json.loads((folder / "run" / "index.json").read_bytes())
    assert index["title"] == "Picked articles for customer01"
    assert index["days"][0]["counts"] == {"articles": len(done.report.entries), "picked": 4}
    assert OF_PAPERS.findall(text_of((folder / "run" / "index.html").read_text() + (folder / "run" / "feed.xml").read_text())) == []
    assert not any(entry.bibtex for entry in done.report.entries)


def test_the_markdown_of_a_shop_has_keys_and_prices_and_no_column_that_is_empty_for_all(bought):
    _, done = bought
    lines = (done.page.parent / "report.md").read_text().splitlines()
    assert lines[2] == "| Title | Key | Text | Price eur |"
    first = done.report.picks()[0].item
    assert lines[4].startswith(f"| {first.title} | {first.id} | ")
    assert lines[4].endswith(f" | {first.attributes['price_eur']} |")
    assert all(line.count(" | ") == 3 for line in lines if line.startswith("| "))


def test_the_page_names_what_ordered_it(bought):
    _, done = bought
    assert done.report.ranked_by == "sequence ranking alone"
    assert "Ranked by sequence ranking alone;" in done.page.read_text()


def test_what_was_bought_twice_is_one_article_in_two_events_and_near_once(bought):
    folder, done = bought
    history = Holdings(read_artifact(folder / "run/steps/catalogue", ArtifactKind.CATALOGUE)).asks[0].history
    assert len(set(history)) < len(history)
    assert done.report.notes[0] == f"Picked after what customer01 bought: {len(set(history))} articles, in {len(history)} events."
    for entry in done.report.entries:
        near = re.findall(r"“([^”]*)” [\d.]+", next(cause.text for cause in entry.lineage if cause.stage == "vectors"))
        assert len(set(near)) == len(near) == 2


def test_what_a_page_was_told_is_not_counted_as_bought(bought):
    from broadsheet.core.schema import Event
    from broadsheet.core.store import open_store

    folder, _ = bought
    shutil.copytree(folder / "run", folder / "again")
    address = str(folder / "told.sqlite")
    recipe = Recipe.model_validate(read_run(folder / "run").settings)
    history = Holdings(read_artifact(folder / "run/steps/catalogue", ArtifactKind.CATALOGUE)).asks[0].history
    item = next(one for one in read_slate(read_artifact(folder / "run/steps/plan", ArtifactKind.SLATE)))
    with open_store(address) as store:
        store.record_events([Event(user="customer01", item=name, kind="more", at=datetime(2026, 4, 1, tzinfo=UTC)) for name in (item, "nowhere")])
    done = composed.compose(recipe, folder / "again", composed.Asked("customer01", feedback=address))
    said = f"Picked after what customer01 bought: {len(set(history))} articles, in {len(history)} events; and 1 article told on the page."
    assert done.report.notes[0] == said


def test_an_attribute_is_shown_in_words_and_an_order_that_a_plan_changed_is_told(bought):
    from broadsheet.report.render.page import report_page

    report = bought[1].report
    page = text_of(report_page(report))
    assert re.search(r"price eur \d", page)
    assert "price_eur" not in page
    plan = report.plan.model_copy(update={"held_back": 3})
    assert "the best first, but for 3 that the plan of categories held back: these stand lower." in report_page(report.model_copy(update={"plan": plan}))
    plan = report.plan.model_copy(update={"held_back": 0})
    assert "has not bought, the best first. " in report_page(report.model_copy(update={"plan": plan}))
