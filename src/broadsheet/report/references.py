"""Links of a paper, and its BibTeX entry."""

import re
import unicodedata

from broadsheet.core.schema import Item
from broadsheet.report.model import Links
from broadsheet.sources.arxiv.ids import as_arxiv_id

_ADDRESS = re.compile(r"https?://[^\s<>{}\"'`$\\|^]+", re.IGNORECASE)
_FORGE = re.compile(
    r"https?://(?:www\.)?(?:github\.com|gitlab\.com|gitlab\.[\w.-]+|codeberg\.org|bitbucket\.org|huggingface\.co|code\.[\w.-]+|git\.[\w.-]+|[\w-]+\.github\.io)/",
    re.IGNORECASE,
)
_SAYS_CODE = re.compile(r"\b(?:code|implementation|source|software|repository|library|toolkit|scripts?|harness)\b", re.IGNORECASE)


def find_links(item: Item) -> Links:
    """Return a paper's links: those of arXiv by its id, and code where the text or comment names it."""
    arxiv = as_arxiv_id(item.id)
    code = tuple(dict.fromkeys(_code_addresses(f"{item.text}\n{item.attributes.get('comment') or ''}")))
    if arxiv is None:
        return Links(abstract=_web(item.url), code=code)
    return Links(
        abstract=_web(item.url) or f"https://arxiv.org/abs/{arxiv.key}",
        pdf=f"https://arxiv.org/pdf/{arxiv.key}v{item.version}",
        html=f"https://arxiv.org/html/{arxiv.key}v{item.version}",
        code=code,
    )


def bibtex(item: Item, *, fictional: bool = False) -> str:
    """Return a BibTeX entry; its key is the first author's last name, the year and a title word.

    The note of a paper of the sample says that it is fictional.
    """
    arxiv = as_arxiv_id(item.id)
    when = item.published or item.announced
    fields = {
        "title": "{" + _balanced(item.title) + "}",
        "author": " and ".join(_balanced(name) for name in item.creators),
        "year": str(when.year) if when else "",
        "eprint": arxiv.key if arxiv else "",
        "archiveprefix": "arXiv" if arxiv else "",
        "primaryclass": item.categories[0] if arxiv and item.categories else "",
        "url": item.url,
        "note": "" if arxiv else f"{item.id} (fictional sample)" if fictional else item.id,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value and value != "{}"]
    return "\n".join([f"@misc{{{_key(item, str(when.year) if when else '')},", *lines, "}"])


def _web(url: str) -> str:
    # An address from a source goes into a page: no other scheme may get there.
    return url if re.match(r"https?://[^\s\"'<>]+$", url, re.IGNORECASE) else ""


def _code_addresses(text: str) -> list[str]:
    found: list[str] = []
    for match in _ADDRESS.finditer(text):
        address = match.group().rstrip(".,;:!?)]}’”")
        sentence = text[max(text.rfind(". ", 0, match.start()), 0) : match.start()]
        if _FORGE.match(address + "/") or _SAYS_CODE.search(sentence):
            found.append(address)
    return found


def _key(item: Item, year: str) -> str:
    name = re.split(r"[\s,]+", re.sub(r",.*", "", item.creators[0]))[-1] if item.creators else "anonymous"
    word = next((w for w in re.findall(r"[^\W\d_]{4,}", item.title)), "paper")
    bare = unicodedata.normalize("NFKD", f"{name}{year}{word}").encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]", "", bare) or "paper"


def _balanced(text: str) -> str:
    text = " ".join(text.split())
    depth = 0
    for character in text.replace(r"\{", "").replace(r"\}", ""):
        depth += (character == "{") - (character == "}")
        if depth < 0:
            break
    return text if depth == 0 else text.replace("{", "").replace("}", "")
