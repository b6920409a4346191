"""The run that made the page, what this server has loaded, and its jobs."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from broadsheet.serve.api.jobs import told
from broadsheet.serve.api.state import loaded
from broadsheet.serve.pages.frame import Looks
from broadsheet.serve.pages.today import run_of

router = APIRouter()


@router.get("/runs")
def runs(view: Looks) -> HTMLResponse:
    """Show the run, the parts that answer with the artefacts behind them, and the newest jobs."""
    site = view.site
    return view.page("runs.html", run=run_of(site), parts=loaded(site, view.caller), jobs=[told(job) for job in site.jobs.newest(10)])
