"""The bundle that ships: of the world, by the recipe, small, and right about what is planted where it is met."""

import json
import shutil

import pytest

from broadsheet.core.errors import WeightsError
from broadsheet.rank import ranker as module
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.ranker import SHIPPED, open_ranker
from broadsheet.rank.recipes import RECIPES
from broadsheet.sample.world import world
from broadsheet.sources.slates import choices


@pytest.fixture(scope="module")
def made():
    return world()


def test_the_bundle_that_ships_is_of_the_world_by_the_recipe_and_small(made):
    manifest = json.loads((SHIPPED / "manifest.json").read_text())
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 3_000_000
    assert RankerConfig.model_validate(manifest["config"]) == RankerConfig.model_validate(RECIPES["world"])
    assert manifest["parents"]["catalogue"] == made.catalogue.content_hash()


def test_a_series_is_gone_on_with_in_the_order_in_which_it_was_begun(made):
    """Two papers of a series were opened; which of two others follows is told by their order alone."""
    ranker = open_ranker()
    opened = {row["user"]: row for row in choices(made.events).to_dicts()}
    hits, turned = [], []
    for probe in made.probes.filter((made.probes["truth"] == "order") & made.probes["final"]).to_dicts():
        before = opened[probe["user"]]["item"][: probe["position"]]
        hits.append(ranker.rank(before, 1, probe["candidates"]).hits[0].item == probe["answer"])
        turned.append(ranker.rank([*before[:-2], before[-1], before[-2]], 1, probe["candidates"]).hits[0].item == probe["answer"])
    assert len(hits) == 24
    assert sum(hits) > 20
    # The same bag in the other order is gone on with otherwise.
    assert sum(turned) < 4


def test_a_shipped_bundle_that_was_changed_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "shipped"
    shutil.copytree(SHIPPED, folder)
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    monkeypatch.setattr(module, "SHIPPED", folder)
    with pytest.raises(WeightsError, match="not whole") as error:
        open_ranker()
    assert len(str(error.value).splitlines()) == 2


def test_without_a_bundle_the_world_is_ranked(here):
    answers = json.loads(here("rank", "run", "--history", "w00250,w01340", "-k", "5", "--json").stdout)["answers"]
    assert len(answers[0]["hits"]) == 5
    assert not answers[0]["popular"]
