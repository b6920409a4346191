"""One paper as the harvest interface writes it, in each metadata form."""

import textwrap
from datetime import UTC
from email.utils import format_datetime

from broadsheet.sample.arxiv.archive import Known, set_of
from broadsheet.sample.arxiv.markup import element, escaped, lines, optional
from broadsheet.sample.arxiv.names import joined, keyname

_OAI = "http://www.openarchives.org/OAI/2.0/"
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_LICENCE = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
_WIDTH = 80
# Of each form: its namespace and its schema.
FORMS = {
    "oai_dc": (f"{_OAI}oai_dc/", f"{_OAI}oai_dc.xsd"),
    "arXiv": ("http://arxiv.org/OAI/arXiv/", "http://arxiv.org/OAI/arXiv.xsd"),
    "arXivRaw": ("http://arxiv.org/OAI/arXivRaw/", "http://arxiv.org/OAI/arXivRaw.xsd"),
}


def record_header(paper: Known, indent: int = 4) -> str:
    """Write the header of a record: its identifier, when it changed last, and its sets."""
    status = ' status="deleted"' if paper.newest.deleted else ""
    sets = (element("setSpec", set_of(name)) for name in paper.categories)
    inner = [element("identifier", f"oai:arXiv.org:{paper.id}"), element("datestamp", str(paper.changed)), *sets]
    pad = " " * indent
    return f"{pad}<header{status}>\n{lines(inner, indent + 2)}{pad}</header>\n"


def record_in(form: str, paper: Known) -> str:
    """Write a whole record in the form `oai_dc`, `arXiv` or `arXivRaw`; one that is deleted has a header alone."""
    space, schema = FORMS[form]
    if paper.newest.deleted:
        return f"    <record>\n{record_header(paper, 6)}    </record>\n"
    write = {"oai_dc": _dublin_core, "arXiv": _arxiv, "arXivRaw": _raw}[form]
    prefix = "oai_dc:dc" if form == "oai_dc" else form
    named = f'xmlns:oai_dc="{space}" xmlns:dc="http://purl.org/dc/elements/1.1/"' if form == "oai_dc" else f'xmlns="{space}"'
    inner = f'        <{prefix} {named} {_XSI} xsi:schemaLocation="{space} {schema}">\n{lines(write(paper), 10)}        </{prefix}>\n'
    return f"    <record>\n{record_header(paper, 6)}      <metadata>\n{inner}      </metadata>\n    </record>\n"


def _dublin_core(paper: Known) -> list[str]:
    dates = dict.fromkeys(str(one.submitted.date()) for one in (paper.versions[0], paper.versions[-1]))
    newest, last = paper.newest, paper.versions[-1]
    return [
        element("dc:title", _folded(last.title)),
        *(element("dc:creator", _last_first(name)) for name in newest.creators),
        *(element("dc:subject", name) for name in paper.categories),
        element("dc:description", _paragraph(last.text)),
        optional("dc:description", last.comment),
        *(element("dc:date", day) for day in dates),
        element("dc:type", "text"),
        element("dc:identifier", f"http://arxiv.org/abs/{paper.id}"),
        optional("dc:identifier", newest.journal),
        optional("dc:identifier", f"doi:{newest.doi}" if newest.doi else ""),
    ]


def _last_first(name: str) -> str:
    last, given, suffix = keyname(name)
    return ", ".join(filter(None, (f"{last} {suffix}".strip(), given)))


def _arxiv(paper: Known) -> list[str]:
    updated = paper.versions[-1].submitted.date() if len(paper.versions) > 1 else ""
    authors = (
        f"  <author>{element('keyname', last)}{optional('forenames', given)}{optional('suffix', suffix)}</author>"
        for last, given, suffix in map(keyname, paper.newest.creators)
    )
    return [
        element("id", paper.id),
        element("created", str(paper.versions[0].submitted.date())),
        optional("updated", str(updated)),
        "<authors>",
        *authors,
        "</authors>",
        *_texts(paper),
    ]


def _raw(paper: Known) -> list[str]:
    versions = []
    for one in paper.versions:
        when = format_datetime(one.submitted.astimezone(UTC), usegmt=True)
        size, source = ("0kb", "I") if one.withdrawn else (f"{max(1, len(one.text) // 8)}kb", "D")
        versions.append(f'<version version="v{one.number}">{element("date", when)}{element("size", size)}{element("source_type", source)}</version>')
    names = paper.newest.creators
    title, *others = _texts(paper)
    authors = element("authors", _folded(paper.newest.verbatim or joined(names)))
    return [element("id", paper.id), element("submitter", names[0] if names else "nobody"), *versions, title, authors, *others]


def _texts(paper: Known) -> list[str]:
    newest, last = paper.newest, paper.versions[-1]
    return [
        f"<title>{escaped(_folded(last.title))}</title>",
        element("categories", " ".join(paper.categories)),
        optional("comments", last.comment),
        optional("journal-ref", newest.journal),
        optional("doi", newest.doi),
        element("license", newest.licence or _LICENCE),
        element("abstract", _paragraph(last.text)),
    ]


def _folded(text: str) -> str:
    """Break a title as arXiv keeps it: further lines begin with two spaces."""
    return "\n  ".join(_broken(text))


def _paragraph(text: str) -> str:
    """Break an abstract as arXiv keeps it: it begins with two spaces and ends with a line feed."""
    return f"  {chr(10).join(_broken(text))}\n" if text else ""


def _broken(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
