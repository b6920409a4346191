"""Fitting an embedder of either kind from files: a head on a frozen tower, or multi-turn training."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.core.artifacts import Artifact, read_artifact
from broadsheet.core.config import build
from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.files import check_writable
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind
from broadsheet.represent.pictures.labelled import Shown, read_labelled

KINDS = ("pictures", "muco")
# Validation takes at most so many families, and never more than a fifth of those there are.
VALIDATED = 250


class FittedEmbedder(NamedTuple):
    """The artefact of an embedder, and two lines for each picture or line that was left out."""

    artifact: Artifact
    faults: Mapping[str, str]


def fit_embedder(
    kind: str,
    images: Path | None,
    texts: Sequence[Path],
    turns: Path | None,
    out: Path,
    settings: Mapping[str, Any] | None = None,
    *,
    recipe: Path | None = None,
    further: Sequence[Shown] = (),
    seed: int = 0,
    held_out: int = 0,
    progress: Progress = silent,
) -> FittedEmbedder:
    """Fit `pictures` on pictures with texts, or `muco` on turns (those that rules make of `texts`, where no `turns` are given).

    Of `pictures`, `recipe` says in a file what `settings`, `seed` and `held_out` say else; `further` pictures are trained on, all of them.
    A `muco` run that is stopped goes on from its last checkpoint, kept beside `out` until all is done. Raises ConfigError for what
    does not go together, and as the fits do.
    """
    if kind not in KINDS:
        raise ConfigError(f"There is no kind {kind!r}.{did_you_mean(kind, KINDS)}", f"Kinds are: {', '.join(KINDS)}.")
    check_writable(out.parent)
    if kind == "pictures":
        if turns is not None or not texts or images is None:
            raise ConfigError("The kind pictures is fitted on pictures with texts.", "Give --images DIR and --texts FILE.jsonl, and no --turns.")
        if recipe and (settings or seed or held_out):
            raise ConfigError("A recipe says all that --set, --seed and --held-out say.", "Change the recipe, or leave it out.")
        return _pictures(Shown(images, tuple(texts)), out, recipe, settings or {}, further, seed, held_out, progress)
    if recipe or further:
        raise ConfigError("Recipes and further pictures are for the kind pictures.", "Leave them out, or say --kind pictures.")
    if (turns is None) == (not texts):
        raise ConfigError("The kind muco is fitted on turns, or on texts that rules make turns of.", "Give one of --turns FOLDER and --texts FILE.jsonl.")
    return _muco(images, texts, turns, out, settings or {}, seed, progress)


def _pictures(
    source: Shown, out: Path, recipe: Path | None, settings: Mapping[str, Any], further: Sequence[Shown], seed: int, held_out: int, progress: Progress
) -> FittedEmbedder:
    from broadsheet.represent.pictures.embedder import PicturesConfig
    from broadsheet.represent.pictures.families import MOST_TESTED, sizes
    from broadsheet.represent.pictures.fit import Recipe, fit_pictures

    read = read_labelled(source.texts)
    if recipe:
        stated = Recipe.read(recipe)
    else:
        few = sum(count for members, count in sizes(read.rows).items() if members <= MOST_TESTED)
        stated = Recipe(head=build(PicturesConfig, settings, "--set"), seed=seed, tested=held_out, validated=min(VALIDATED, few // 5))
    artifact = fit_pictures(source, out, stated, further=further, progress=progress)
    return FittedEmbedder(artifact, {fault.splitlines()[0]: fault for fault in read.faults})


def _muco(
    images: Path | None, texts: Sequence[Path], turns: Path | None, out: Path, settings: Mapping[str, Any], seed: int, progress: Progress
) -> FittedEmbedder:
    from broadsheet.represent.curate import curate, read_texts, read_turns
    from broadsheet.represent.muco.config import MucoConfig
    from broadsheet.represent.muco.embedder import MucoEmbedder

    config = build(MucoConfig, settings, "--set")
    faults: dict[str, str] = {}
    if turns is None:
        source = read_texts(texts, seed)
        faults = {fault.splitlines()[0]: fault for fault in source.faults}
        made = curate(source, out.with_name(f"{out.name}-turns"), images=images, progress=progress)
    else:
        made = read_artifact(turns, ArtifactKind.TURNS)
    checkpoints = out.with_name(f".{out.name}.run")
    fitted = MucoEmbedder(config).fit_examples(
        read_turns(made), out, root=images, seed=seed, parents={"turns": made.content_hash}, checkpoints=checkpoints, progress=progress
    )
    shutil.rmtree(checkpoints, ignore_errors=True)
    return FittedEmbedder(fitted.artifact, {**faults, **fitted.faults})
