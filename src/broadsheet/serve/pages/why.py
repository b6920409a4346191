"""The way of an item to the page, a line a stage, read from the artefacts of the run."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from broadsheet.core.errors import ArtifactError, RecordError
from broadsheet.report.render.why_picture import why_picture
from broadsheet.serve.api.problems import Problem
from broadsheet.serve.api.shapes import ItemId
from broadsheet.serve.pages.frame import Looks
from broadsheet.stack.record import called
from broadsheet.stack.why import Lineage

router = APIRouter()


@router.get("/why")
def why(view: Looks, item: Annotated[ItemId, Query()]) -> HTMLResponse:
    """Show why an item stands where it stands."""
    try:
        lineage = Lineage(view.site.settings.report_folder)
        causes = lineage.why(item)
    except RecordError:
        raise Problem(404, "no-item", "There is no such item in the run that the page was made by.", "Open it from a page of Today.") from None
    except ArtifactError:
        raise Problem(404, "no-run", "There is no run here whose artefacts tell the way.", "The page is written by one: look at Today.") from None
    held = lineage.holdings.items[item]
    models = {step.name: step.models for step in lineage.record.steps if step.models}
    return view.page(
        "why.html",
        item=held,
        causes=causes,
        because=lineage.because(item),
        picture=why_picture(item, held.title, causes),
        run=lineage.record,
        models=models,
        folder=called(view.site.settings.report_folder),
    )
