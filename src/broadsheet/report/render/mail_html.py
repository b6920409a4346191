"""The report as the HTML of a mail: inline styles, no picture, no script, nothing fetched."""

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from broadsheet.report.render import mail_text
from broadsheet.report.render.mail_text import MailView
from broadsheet.report.render.page import authors, long_date
from broadsheet.report.render.readable import readable


def mail_html(view: MailView) -> str:
    """Write the HTML part. It says what the text part says; formulas are text, for mail readers show no MathML."""
    html = _environment().get_template("mail.html").render(view=view, report=view.report, notice=mail_text.IN_MAIL)
    return re.sub(r"\n\s*\n+", "\n", html)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("broadsheet.report.render"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    names: dict[str, Any] = environment.globals
    names.update(
        authors=authors,
        **{name: getattr(mail_text, name) for name in ("changed", "chances_said", "facts", "has_chances", "tally", "updates", "why", "withdrawn")},
    )
    environment.filters.update(readable=readable, long_date=long_date)
    return environment
