"""Retrieval from the command line: a bundle of papers and of a world, asked in words and by what was had, within a category."""

import json

import pytest
from typer.testing import CliRunner

from broadsheet.cli import app
from broadsheet.core.packages import MINILM

pytestmark = pytest.mark.skipif(not MINILM.is_installed(), reason=f"no dense model is installed: {MINILM.install}")
PLANTS, METALS = ("moss", "fern", "lichen", "orchid", "clover", "thistle"), ("copper", "tin", "zinc", "nickel", "cobalt", "silver")
QUICK = ["--set", "size=tiny", "--set", "levels=2", "--set", "epochs=100", "--set", "id_epochs=10", "--set", "dropout=0.1", "--set", "batch=30"]


def invoked(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """Thirty-six papers by six people, three of whom write on plants and three on metals."""
    path = tmp_path_factory.mktemp("papers") / "papers.jsonl"
    rows = []
    for number in range(36):
        kind, word = ("plants", PLANTS[number // 6]) if number % 2 else ("metals", METALS[number // 6])
        rows.append(
            {
                "id": f"p{number}",
                "title": f"On {word} and what grows beside it" if kind == "plants" else f"On {word} and how it is cast",
                "abstract": f"We look at {word}, one of many {kind}.",
                "authors": [f"{kind} {number % 6 // 2}"],
                "announced": f"2026-03-{1 + number // 2:02d}",
                "categories": [kind],
            }
        )
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


@pytest.fixture(scope="module")
def bundle(papers, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundle") / "papers"
    done = invoked("retrieve", "fit", "--papers", papers, "--out", out, *QUICK, "--json")
    facts = json.loads(done.stdout)
    assert facts["metrics"]["histories"] == 6
    assert "MiniLM" in facts["models"]["query"]
    return out


def test_questions_and_histories_are_answered_in_one_call_within_a_category(bundle):
    asked = (("--history", "p1,p7"), ("--query", "casting silver"), ("--history", "p1,p7", "--query", "casting silver"))
    answers = []
    for words in asked:
        (answer,) = json.loads(invoked("retrieve", "run", bundle, *words, "--category", "metals", "-k", 18, "--json").stdout)["answers"]
        answers.append(answer)
    by_history, by_words, by_both = answers
    assert by_both["history"] == ["p1", "p7"]
    assert "casting silver" in by_both["asked"]
    assert [hit["score"] for hit in by_both["hits"]] not in ([hit["score"] for hit in by_history["hits"]], [hit["score"] for hit in by_words["hits"]])
    for answer in answers:
        assert sorted(int(hit["item"][1:]) % 2 for hit in answer["hits"]) == [0] * 18
    assert "silver" in " ".join(hit["title"] for hit in by_words["hits"][:6])
    assert len({tuple(hit["semantic_id"]) for hit in by_words["hits"]}) == 18


def test_what_is_named_twice_or_unknown_is_said_in_two_lines(papers, bundle, tmp_path):
    from broadsheet.core.errors import BroadsheetError

    for words in (
        ("retrieve", "fit", "--papers", papers, "--data", tmp_path),
        ("retrieve", "fit", "--papers", papers, "--recipe", "paper"),
        ("retrieve", "run", bundle, "--query", "x", "--category", "metal"),
        ("retrieve", "run", bundle, "--query", "x", "--history", "p1", "--history", "p2"),
    ):
        error = CliRunner().invoke(app, [str(word) for word in words]).exception
        assert isinstance(error, BroadsheetError), error
        assert len(str(error).splitlines()) == 2


def test_a_world_is_fitted_with_its_figures(tmp_path, monkeypatch):
    from broadsheet.core.artifacts import read_artifact
    from broadsheet.core.catalogue import Catalogue
    from broadsheet.core.errors import RecordError
    from broadsheet.core.schema import ArtifactKind
    from broadsheet.retrieve.fit import RetrieverConfig
    from broadsheet.retrieve.retriever import Retriever
    from broadsheet.sample.world import world
    from broadsheet.stack.fitting import fit_retriever
    from broadsheet.stack.known import Known, of_world

    made = world(readers=10, items=800, days=24, posters=10, seed=0)
    few = Catalogue(list(made.catalogue)[:24])
    seen = made.events.filter(made.events["item"].is_in(few.ids))
    small = type(made)(**{**vars(made), "catalogue": few, "events": seen})
    config = RetrieverConfig(size="tiny", levels=2, epochs=1, id_epochs=1, batch=50, content=16)
    with of_world(small) as known:
        artifact = fit_retriever(known, tmp_path / "world", config)
    assert "EfficientNet" in artifact.manifest.models["content image"]
    bundle = Retriever.load(read_artifact(artifact.path, ArtifactKind.RETRIEVER))
    assert bundle._corpus.contents["image"].present.all()
    assert artifact.manifest.metrics["without image"] == 0
    unseen = fit_retriever(Known(few, [], root=tmp_path / "nowhere"), tmp_path / "unseen", config)
    assert unseen.manifest.metrics["without image"] == 24
    with pytest.raises(RecordError, match="each item"):
        Retriever(config).fit(few, tmp_path / "no", histories=[list(few.ids[:2])], passed=[[[]]])


def test_the_bundle_that_ships_is_of_the_world_by_the_recipe_and_small():
    from broadsheet.retrieve.fit import RetrieverConfig
    from broadsheet.retrieve.recipes import RECIPES
    from broadsheet.retrieve.retriever import SHIPPED
    from broadsheet.sample.world import world

    manifest = json.loads((SHIPPED / "manifest.json").read_text())
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 3_000_000
    assert RetrieverConfig.model_validate(manifest["config"]) == RetrieverConfig.model_validate(RECIPES["world"])
    assert manifest["parents"]["catalogue"] == world().catalogue.content_hash()


def test_readers_of_the_world_are_answered_with_figures_considered():
    """Every reader chooses among four papers of the last day, one of each motif; with the figures taken away the same bundle is at chance."""
    from broadsheet.retrieve.retriever import Ask, open_retriever
    from broadsheet.sample.world import world
    from broadsheet.sources.slates import choices

    made = world()
    opened = {row["user"]: row["item"] for row in choices(made.events).to_dicts()}
    liked = dict(made.readers.select("user", "motif").iter_rows())
    motif = dict(made.papers.select("item", "motif").iter_rows())
    fresh = sorted({tuple(sorted(row)) for row in made.probes.filter((made.probes["truth"] == "figure") & made.probes["final"])["candidates"].to_list()})

    def accuracy(retriever):
        """Return how often the paper that shows a reader's motif is first; what was opened on the last day is not known."""
        asked = {user: Ask([item for item in row[:-1] if item not in {one for four in fresh for one in four}]) for user, row in opened.items()}
        hits = [
            motif[answer.hits[0].item] == liked[user]
            for four in fresh
            for user, answer in zip(asked, retriever(list(asked.values()), 1, allowed=four), strict=True)
        ]
        return sum(hits) / len(hits)

    blind = open_retriever()
    looks = blind._corpus.contents["image"].vectors.shape[1]
    blind._ready().model.served[:, -looks:] = 0
    assert accuracy(open_retriever()) > 0.4
    assert accuracy(blind) < 0.33


def test_a_series_is_gone_on_with_in_the_order_in_which_it_was_begun():
    """Two papers of a series were opened; which of two others follows is told by their order alone."""
    from broadsheet.retrieve.retriever import Ask, open_retriever
    from broadsheet.sample.world import world
    from broadsheet.sources.slates import choices

    made, retriever = world(), open_retriever()
    opened = {row["user"]: row["item"] for row in choices(made.events).to_dicts()}
    probes = made.probes.filter((made.probes["truth"] == "order") & made.probes["final"]).to_dicts()
    hits = [retriever([Ask(opened[p["user"]][: p["position"]])], 1, allowed=p["candidates"])[0].hits[0].item == p["answer"] for p in probes]
    assert len(hits) == 24
    assert sum(hits) > 20


def test_a_shipped_bundle_that_was_changed_is_refused(tmp_path, monkeypatch):
    import shutil

    from broadsheet.core.errors import WeightsError
    from broadsheet.retrieve import retriever

    folder = tmp_path / "shipped"
    shutil.copytree(retriever.SHIPPED, folder)
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    monkeypatch.setattr(retriever, "SHIPPED", folder)
    with pytest.raises(WeightsError, match="not whole") as error:
        retriever.open_retriever()
    assert len(str(error.value).splitlines()) == 2


def test_without_a_bundle_the_world_answers_words_and_readers_within_a_category():
    done = invoked("retrieve", "run", "--query", "a ledger of rents", "--history", "w00250,w01340", "--category", "household-finance", "-k", 5, "--json")
    answers = json.loads(done.stdout)["answers"]
    assert [(len(answer["hits"]), answer["popular"]) for answer in answers] == [(5, False)]
