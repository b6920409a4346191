"""A site in this process for tests: the package's bundles, a small catalogue, an embedder that counts letters."""

import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from starlette.testclient import TestClient

from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.loop.records import Settings as LoopSettings
from broadsheet.ask.loop.tools import Tools, named
from broadsheet.ask.write.rules import SlotWriter
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.clock import Clock
from broadsheet.core.component import Content, Embedded, MultimodalEmbedder, unit
from broadsheet.core.config import Config
from broadsheet.core.index import build_index
from broadsheet.core.progress import silent
from broadsheet.core.schema import ArtifactKind, Item
from broadsheet.core.store import Store
from broadsheet.needs.extract.extractor import Extractor
from broadsheet.needs.taxonomy import open_taxonomy
from broadsheet.report.feedback.links import Links
from broadsheet.represent.finding import Finder
from broadsheet.serve.app import create_app
from broadsheet.serve.application import create_api, create_site
from broadsheet.serve.guard import LOOPBACK, Guard
from broadsheet.serve.keys import Scope
from broadsheet.serve.models.batcher import lane
from broadsheet.serve.models.holder import Holder, Opener
from broadsheet.serve.models.opening import Sources, openers
from broadsheet.serve.models.parts import Asking, Loaded, Needing, Part, Searching
from broadsheet.serve.pages.app import create_pages
from broadsheet.serve.session import Sessions
from broadsheet.serve.site import Settings, Site

TITLES = ["A red lamp", "A blue lamp", "Soup of leeks", "Bread <script>alert(1)</script>", '=HYPERLINK("x")', "Graph retrieval", "Retrieval of graphs", "Tea"]
HERE = "http://127.0.0.1"


class Letters(MultimodalEmbedder[Config]):
    """Counts letters of texts, and takes the mean colour of pictures: fast, and good enough to find a text by itself."""

    config_type = Config
    kind = ArtifactKind.EMBEDDER
    model = "letters"

    def fit(self, catalogue, folder, *, seed=0):
        raise NotImplementedError

    @classmethod
    def load(cls, artifact):
        return cls()

    def embed(self, contents: Sequence[Content], progress=silent) -> Embedded:
        rows = np.zeros((len(contents), 32), dtype=np.float32)
        for row, content in zip(rows, contents, strict=True):
            for letter in content.text.lower():
                row[ord(letter) % 29] += 1
            if content.image is not None:
                row[29:] += np.asarray(content.image, dtype=np.float32).mean(axis=(0, 1)) / 16
        return Embedded(unit(rows), {})


def items() -> list[Item]:
    return [
        Item(
            id=f"i{number}",
            title=title,
            url="javascript:alert(1)" if number == 3 else f"https://shop.example.org/{number}",
            attributes={"price": "24.90", "stock": 3, "sold": True, "note": "x" * 500} if number == 0 else {},
        )
        for number, title in enumerate(TITLES)
    ]


def searching() -> Searching:
    catalogue, embedder = Catalogue(items()), Letters()
    index = build_index(list(catalogue.ids), np.asarray(embedder([item.title for item in catalogue])))
    return Searching(
        embedder, Finder(index, catalogue), catalogue, Loaded("index", "letters", hashlib.sha256(b"letters").hexdigest(), {}, len(catalogue)), lane("texts")
    )


FILMS = Graph({"Film": pl.DataFrame({"title": ["Up", "Her", "Gravel"], "year": [2009, 2013, 2020]})}, ())


def asking(graph: Graph = FILMS) -> Asking:
    engine = Ladybug(graph)
    index = ValueIndex(graph)
    tools = Tools(engine, index, SlotWriter(index, graph), LoopSettings(seconds=5.0), named("films", graph))
    return Asking(tools, Loaded("graph", tools.writer.by, tools.named.hash), lane("graph"), engine.close)


def needing() -> Needing:
    from broadsheet.stack.needed import level_labeller

    made = {name: Extractor(taxonomy, level_labeller("cues", taxonomy), b"k" * 32) for name in ("financial", "papers") for taxonomy in [open_taxonomy(name)]}
    return Needing(made, Loaded("needs", "cues", ""), lane("texts"))


@cache
def parts() -> dict[str, Part]:
    """Open all parts, once in a process."""
    shipped = openers(Sources())
    return {"search": searching(), "ask": asking(), "needs": needing(), **{name: shipped[name].open() for name in ("recommend", "rank", "slate")}}


def held(**other: Part) -> Holder:
    """Return a holder of all parts, or of `other` ones alone."""
    holder = Holder({name: Opener(lambda: "1", lambda part=part: part) for name, part in (other or parts()).items()})
    holder.open_all()
    return holder


ANA = Settings(reader="ana")


def site_of(store: Store, settings: Settings = ANA, clock: Clock | None = None, **other: Part) -> Site:
    return Site(store, held(**other), settings, clock)


def client_of(site: Site, **facts) -> TestClient:
    app = Guard(create_api(site), hosts=LOOPBACK | set(site.settings.hosts), count=site.metrics.count)
    return TestClient(app, base_url=HERE, raise_server_exceptions=False, **facts)


def key_of(site: Site, *scopes: str, rate: int = 100_000) -> dict[str, str]:
    """Return the headers of a new key."""
    made = site.keys.new("test", [Scope(one) for one in scopes], rate)
    return {"Authorization": f"Bearer {made.secret}"}


def scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix=f"site-{os.getpid()}-"))


def pages_of(site: Site, **facts) -> TestClient:
    """Return a client of a whole server: pages, interface and links behind the guard. Redirects are not followed."""
    secrets = (b"s" * 32,)
    whole = create_site(site, create_pages(site, create_app(site.store, Links(secrets[0], "")), Sessions(secrets, site.clock)))
    return TestClient(whole, base_url=HERE, raise_server_exceptions=False, follow_redirects=False, **facts)


def token_of(page: str) -> str:
    """Return the token that the forms of a page carry."""
    return re.search(r'X-CSRF": "([^"]+)"', page)[1]
