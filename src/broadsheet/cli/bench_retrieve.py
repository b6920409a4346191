"""`broadsheet bench retrieve`, `retrieve-decoding` and `retrieve-staging`: the benches of generative retrieval."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.bench_options import Arms, Budget, Json, Rows, Seeds, Vectors, command, printed

if TYPE_CHECKING:
    from broadsheet.retrieve.fit import RetrieverConfig

Data = Annotated[
    list[Path], typer.Option("--data", help="A folder with sequences.txt, or test.inter or test.tsv of user, items, target; items beside it. Repeats.")
]
Settings = Annotated[list[str] | None, typer.Option("--set", help="A setting of the model, e.g. size=small, epochs=5. Repeats.")]


def _configured(settings: list[str] | None) -> "RetrieverConfig":
    from broadsheet.cli.fitted import configured
    from broadsheet.retrieve.fit import RetrieverConfig
    from broadsheet.retrieve.recipes import RECIPES

    return configured(RetrieverConfig, RECIPES, "", "sequences", settings)


def retrieve(
    data: Data,
    *,
    keep_seen: Annotated[bool, typer.Option("--keep-seen", help="Rank items that a user has had too, as published figures do.")] = False,
    settings: Settings = None,
    seconds: Annotated[float | None, typer.Option("--seconds", min=1, help="Train a seed for about so long: all stages are cut alike.")] = None,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Fit generative and dense retrieval on sequences, and test them and cheap baselines on each user's last item.

    Example: broadsheet bench retrieve --data amazon/beauty --seeds 3
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.bench import wanted_arms
    from broadsheet.core.home import bench_folder, data_path
    from broadsheet.retrieve.bench.sequences import ARMS, SequencesPlan, bench_sequences

    config = _configured(settings)
    plan = SequencesPlan(tuple(map(data_path, data)), seeds, wanted_arms(arm or (), ARMS), keep_seen, seconds, budget, config)
    with shown() as progress:
        bench = bench_sequences(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def cold(
    data: Data,
    *,
    share: Annotated[float, typer.Option("--share", min=0.01, max=0.5, help="The share of items that training does not see.")] = 0.1,
    settings: Settings = None,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Hide a share of the items from training, insert them afterwards by what is said of them, and ask for them.

    Example: broadsheet bench retrieve-cold --data amazon/beauty --set epochs=10
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.bench import wanted_arms
    from broadsheet.core.home import bench_folder, data_path
    from broadsheet.retrieve.bench.cold import ARMS, ColdPlan, bench_cold

    config = _configured(settings)
    plan = ColdPlan(tuple(map(data_path, data)), share, seeds, wanted_arms(arm or (), ARMS), budget, config)
    with shown() as progress:
        bench = bench_cold(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def ids(
    vectors: Vectors,
    *,
    items: Annotated[int, typer.Option("--items", min=10, help="So many of them have IDs.")] = 12_101,
    large: Annotated[int, typer.Option("--large", min=0, help="Also time so many vectors that are made up.")] = 0,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Give real vectors semantic IDs, ours beside residual k-means, faiss and RQ-VAE at equal bits.

    Example: broadsheet bench retrieve-ids --vectors artifacts --large 1000000
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.bench import wanted_arms
    from broadsheet.core.home import bench_folder
    from broadsheet.retrieve.bench.ids import ARMS, IdsPlan, bench_ids

    plan = IdsPlan(tuple(vectors), items, large, seeds, wanted_arms(arm or (), ARMS), budget)
    with shown() as progress:
        bench = bench_ids(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def decoding(
    *,
    size: Annotated[
        list[int] | None, typer.Option("--items", min=100, help="Catalogues of so many items. Repeats. Default: 12,101, 1 million, 10 million.")
    ] = None,
    requests: Annotated[int, typer.Option("--requests", min=10, help="Single requests that are timed.")] = 200,
    seeds: Seeds = 3,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Time decoding inside a trie beside the beam search of transformers, after both gave the same answers.

    Example: broadsheet bench retrieve-decoding --items 12101 --seeds 3
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder
    from broadsheet.retrieve.bench.decoding import DecodingPlan, bench_decoding

    plan = DecodingPlan(requests=requests, seeds=seeds, budget_minutes=budget)
    with shown() as progress:
        bench = bench_decoding(plan._replace(sizes=tuple(size)) if size else plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def staging(
    *,
    images: Annotated[Path | None, typer.Option("--images", help="The folder that paths of pictures are relative to.")] = None,
    texts: Annotated[list[Path] | None, typer.Option("--texts", help="Pictures with texts: JSON Lines with image, title, keywords, category. Repeats.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="A folder of sequences in place of pictures.")] = None,
    epochs: Annotated[float, typer.Option("--epochs", min=1, help="Epochs of each stage.")] = 20,
    tested: Annotated[int, typer.Option("--tested", min=2, help="Unseen families of pictures, one picture each.")] = 500,
    validated: Annotated[int, typer.Option("--validated", min=1, help="Further families, by which steps are chosen.")] = 250,
    ablations: Annotated[bool, typer.Option("--ablations/--no-ablations", help="Also other orders, a random image, and each task dropped.")] = True,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Pretrain retrieval stage by stage and jointly: on pictures with titles and synthetic queries of key words, or on sequences.

    Example: broadsheet bench retrieve-staging --images DIR --texts pictures.jsonl --no-ablations
    """
    from broadsheet.cli.pictures import pictures_of
    from broadsheet.cli.progress import shown
    from broadsheet.core.bench import wanted_arms
    from broadsheet.core.bench.provenance import hash_files
    from broadsheet.core.errors import ConfigError
    from broadsheet.core.home import bench_folder, data_path
    from broadsheet.retrieve.bench.materials import Sequences
    from broadsheet.retrieve.bench.staging import LEXICAL, StagingPlan, bench_staging, plans
    from broadsheet.sources.interactions import files_of
    from broadsheet.stack.pictures import picture_material

    source, data = pictures_of(images, texts), data_path(data) if data else None
    if (source is None) == (data is None):
        raise ConfigError("What is retrieved is named not at all, or twice.", "Give --images with --texts, or --data.")
    with shown() as progress:
        plan = StagingPlan("", lambda _: Sequences.read(data or Path()), seeds=seeds, epochs=epochs, ablations=ablations, budget_minutes=budget)
        if source is not None:
            plan = plan._replace(name="pictures", material=lambda seed: picture_material(source, seed, tested=tested, validated=validated, progress=progress))
            identity = {"texts": hash_files(source.texts), "tested": tested, "validated": validated}
        else:
            assert data is not None
            plan = plan._replace(name=data.name, batch=2048)
            identity = {"data": hash_files(files_of(data))}
        if arm:
            plan = plan._replace(arms=wanted_arms(arm, (LEXICAL, *plans(plan, plan.material(0)))))
        bench = bench_staging(plan, rows or bench_folder(), command(), identity, progress)
    printed(bench, as_json=as_json)
