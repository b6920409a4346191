"""From files of posts and mentions to the folder of a view."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.artifacts import check_replaceable
from broadsheet.core.catalogue import text_hash
from broadsheet.core.config import build, with_settings
from broadsheet.core.errors import ConfigError
from broadsheet.core.files import file_hash
from broadsheet.core.schema import ArtifactKind
from broadsheet.needs.claims import read_claims
from broadsheet.needs.frames import PARQUET
from broadsheet.needs.hierarchy.infer import infer
from broadsheet.needs.hierarchy.inputs import Files, read_authors, read_beside, read_confusion, read_mentions
from broadsheet.needs.hierarchy.plan import AnalysisPlan
from broadsheet.needs.posts import read_posts
from broadsheet.needs.taxonomy import open_taxonomy
from broadsheet.needs.themes.run import read_themes
from broadsheet.needs.view.build import Beside, Shown, sheet
from broadsheet.needs.view.files import PAGE, write_view
from broadsheet.needs.view.quotes import Said
from broadsheet.needs.view.sheet import Sheet, Theme, ThemeLevel

# Less would show each person.
LEAST_K = 2


class Request(NamedTuple):
    """What to make a view of: files, a taxonomy by name or file, settings of the plan, and how much is shown."""

    posts: Path
    mentions: Path
    taxonomy: str = "financial"
    confusion: Path | None = None
    facts: Path | None = None
    settings: Sequence[str] = ()
    shown: Shown = Shown()
    claims: Path | None = None
    themes: Path | None = None


def view(request: Request, out: Path) -> tuple[Sheet, Path]:
    """Infer and write a view; return what is shown and where the page stands.

    Raises ConfigError, a SourceError, TaxonomyError or OutputError.
    """
    if request.shown.k < LEAST_K or request.shown.quotations < 0:
        raise ConfigError(
            f"A k of {request.shown.k} with {request.shown.quotations} quotations of each level cannot be.",
            f"Give --k {LEAST_K} or more, and --quotations 0 or more.",
        )
    check_replaceable(out, ArtifactKind.NEEDS_VIEW)
    plan = build(AnalysisPlan, with_settings({"k": request.shown.k}, request.settings), "--set")
    taxonomy = open_taxonomy(request.taxonomy)
    names = [level.id for level in taxonomy.levels]
    moved = read_confusion(request.confusion, names) if request.confusion else None
    posts, texts = read_authors(request.posts), read_posts(request.posts)
    spoken = read_mentions(request.mentions, posts, taxonomy)
    evidence, beside_left_out = read_beside(Files(request.facts, request.claims), posts, names, spoken, texts)
    found = infer(posts, spoken.mentions, names, plan, moved=moved, evidence=evidence)
    given = {"posts": request.posts, "mentions": request.mentions, "confusion": request.confusion, "facts": request.facts, "claims": request.claims}
    inputs = {"taxonomy": text_hash(taxonomy.model_dump_json()), **{name: file_hash(_read(path, name)) for name, path in given.items() if path}}
    left_out = {**spoken.left_out, **beside_left_out}
    themes, theme_levels = _themes(request.themes, plan.k, inputs) if request.themes else ((), ())
    beside = Beside(posts, spoken.mentions, Said(list(read_claims(request.mentions)), texts), evidence.facts, themes, theme_levels)
    made = sheet(found, taxonomy, beside, request.shown._replace(k=plan.k), inputs=inputs, left_out=left_out)
    write_view(out, made)
    return made, out / PAGE


def _themes(path: Path, k: int, inputs: dict[str, str]) -> tuple[list[Theme], list[ThemeLevel]]:
    """Return the themes of a folder that are shown, with the levels of their posts, and put its hash among the inputs.

    Raises ArtifactError, or ConfigError where it tells of fewer people than may be shown here.
    """
    found, artifact = read_themes(path)
    if found.k < k:
        raise ConfigError(f"{path} tells of {found.k} people or more, and here none under {k} are told.", f"Run: broadsheet needs themes --k {k}")
    inputs["themes"] = artifact.content_hash
    themes = [Theme(name=one.name, words=one.words, people=one.people, stability=one.stability) for one in found.shown]
    return themes, [ThemeLevel(theme=one.name, **level.model_dump()) for one in found.shown for level in one.levels]


def _read(path: Path, name: str) -> Path:
    """Return the file that was read, of a folder of `needs run` too."""
    return path / f"{name}{PARQUET}" if path.is_dir() else path
