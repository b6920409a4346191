"""`broadsheet why`: the way of an item to the page, read from the artefacts of a run."""

from pathlib import Path
from typing import Annotated

import typer


def why(
    item: Annotated[str, typer.Argument(help="The id of an item of the run.")],
    reader: Annotated[str, typer.Option("--reader", "-r", help="Whose page it is. Default: the run's own reader.")] = "",
    folder: Annotated[Path, typer.Option("--run", help="The folder of the run.")] = Path("run"),
    svg: Annotated[Path | None, typer.Option("--svg", help="Write the way as a picture to this file.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell why an item stands where it stands: text and figure, vector, semantic ID, scores by stage, slate, page.

    Nothing is computed again: each line is read from an artefact of the run, and says from which, with its hash.

    Example: broadsheet why sample.0073 --run run --svg why.svg
    """
    import json

    from broadsheet.stack.why import Lineage

    lineage = Lineage(folder)
    causes = lineage.why(item, reader)
    title = lineage.holdings.items[item].title
    if svg is not None:
        from broadsheet.core.files import write_file
        from broadsheet.report.render.why_picture import why_picture

        write_file(svg, str(why_picture(item, title, causes)))
        typer.echo(str(svg), err=True)
    models = {step.name: step.models for step in lineage.record.steps if step.models}
    because = lineage.because(item)
    if as_json:
        whose = {"reader": lineage.record.reader, "run": str(folder)}
        told = [{**cause.model_dump(mode="json"), "models": models.get(cause.stage, {})} for cause in causes]
        typer.echo(json.dumps({"item": item, "title": title, **whose, "because": because, "causes": told}, indent=1, ensure_ascii=False))
        return
    typer.echo(f"{item}  {title}\nfor {lineage.record.reader}, {lineage.record.label}" + (f"\n{because}" if because else ""))
    for cause in causes:
        typer.echo(f"\n{cause.title}: {cause.text}")
        ran = "; ".join(f"{role}: {model}" for role, model in models.get(cause.stage, {}).items())
        source = f"{cause.artefact} {cause.content_hash[:12]}" if cause.content_hash else ""
        if source or ran:
            typer.echo(f"    from {source}" + (f" ({ran})" if ran else ""))
