"""Builds the documentation site into site/, or the folder named: the pages of docs, and the files of the repository that they link to."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tables import ROOT

DOCS = ROOT / "docs"
# Where a file of the repository that is none of docs stands in the site.
BESIDE = "repository"
LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")
# What the builder would fetch to search a site that was opened as a file; ours stands beside it.
FETCHED = re.compile(r'(?<=<script src=")https://[^"]+/shim(?=")')
# What a page asks for when it is opened; links that a reader may click are not among it.
ASKED = re.compile(r"""<(?:script|img|iframe|source|link rel="?(?:stylesheet|preload|preconnect|icon)"?)\b[^>]*?(?:src|href)=["']?(https?://[^"' >]+)""")
# Code within a cell of a table, and behind which of its letters a line may break.
CELL = re.compile(r"(?<=<code>)[^<]+(?=</code>(?:(?!<td|</table).)*</td>)", re.DOTALL)
BREAKS = re.compile(r"(?<=[/_:])(?=\w)")
# An interval, in which no line may break.
INTERVAL = re.compile(r"\(([-+\d.,]+) to ([-+\d.,]+)\)")


def place(path: Path) -> str:
    """Return where a file of the repository stands in the site, with slashes, from its root."""
    return (path.relative_to(DOCS) if path.is_relative_to(DOCS) else BESIDE / path.relative_to(ROOT)).as_posix()


def staged(path: Path) -> tuple[str, set[Path]]:
    """Return a page with its links as they are in the site, and the files of the repository that it links to."""
    found: set[Path] = set()

    def moved(match: re.Match[str]) -> str:
        target = (path.parent / match[1]).resolve()
        if not target.is_file() or not target.is_relative_to(ROOT):
            return match[0]
        found.add(target)
        return os.path.relpath(place(target), Path(place(path)).parent) + (match[2] or "")

    return LINK.sub(moved, path.read_text(encoding="utf-8")), found


def stage(folder: Path) -> None:
    """Lay docs, and what its pages link to, into a folder with what the builder reads; of what is linked to, what that links to as well."""
    waiting = {path for path in DOCS.rglob("*") if path.is_file()}
    done: set[Path] = set()
    while waiting:
        path = waiting.pop()
        done.add(path)
        target = folder / "docs" / place(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            text, found = staged(path)
            target.write_text(text, encoding="utf-8")
            waiting |= found - done
        else:
            shutil.copy(path, target)
    shutil.copy(ROOT / "mkdocs.yml", folder)
    for name in ("src", "tools"):
        (folder / name).symlink_to(ROOT / name, target_is_directory=True)


def finish(site: Path) -> Iterator[str]:
    """Put our own script in the place of the one that would be fetched; yield each address that a page would still ask for."""
    for page in sorted(site.rglob("*.html")):
        root = "../" * (len(page.relative_to(site).parts) - 1)
        text = FETCHED.sub(f"{root}assets/worker.js", page.read_text(encoding="utf-8"))
        text = INTERVAL.sub("(\\1&nbsp;to&nbsp;\\2)", text)
        page.write_text(CELL.sub(lambda found: BREAKS.sub("<wbr>", found[0]), text), encoding="utf-8")
        yield from (f"{page.relative_to(site)} asks for {address}" for address in ASKED.findall(text))


def build(out: Path) -> int:
    """Build the site; return 0, or 1 for a link that leads nowhere or a request that would leave the site."""
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        stage(folder)
        command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(folder / "mkdocs.yml")]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, check=False)
        if done.returncode:
            print(done.stdout + done.stderr)
            return 1
        faults = list(finish(folder / "site"))
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(folder / "site", out)
    print("\n".join(faults) or f"{out}/index.html")
    return min(1, len(faults))


def main() -> int:
    """Build the site where the builder is installed; else say what installs it."""
    if importlib.util.find_spec("zensical") is None or importlib.util.find_spec("mkdocstrings") is None:
        print("The site is not built: zensical is not installed.\nRun: pip install --editable '.[docs]'")
        return 0
    return build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "site")


if __name__ == "__main__":
    sys.exit(main())
