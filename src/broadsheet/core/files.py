"""Writing files so that no reader ever sees half of one."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from broadsheet.core.errors import OutputError, RecordError, SourceNotFoundError


def check_writable(folder: Path) -> None:
    """Raise `OutputError` unless files can be made in `folder`, which is made if it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as fault:
        raise _cannot_write(folder, fault) from None


def write_file(path: Path, data: str | bytes) -> None:
    """Write a file under a temporary name, flush it to disk, then rename it. A link stays, what it leads to is replaced."""
    content = data.encode() if isinstance(data, str) else data
    path = _behind_links(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as fault:
        raise _cannot_write(path.parent, fault) from None


def check_own(path: Path, mark: str) -> None:
    """Raise OutputError unless `path` may be replaced: nothing is there, or a folder that is empty or holds the file `mark`, as ours do."""
    if path.exists() and not path.is_dir():
        raise OutputError(f"{path} is a file; a folder belongs there.", "Move the file away, or name another folder.")
    if path.is_dir() and not (path / mark).is_file() and any(path.iterdir()):
        raise OutputError(f"{path} holds other files, and no {mark}; it is not replaced.", "Name a folder that is new or empty.")


@contextlib.contextmanager
def staged_folder(path: Path, mark: str) -> Iterator[Path]:
    """Give a temporary sibling folder to fill; it takes the place of `path` only if all went well.

    A folder that stands there is replaced only if it holds the file `mark`, by which ours are known: OutputError.

    A folder that stood there before is moved aside first and removed last, so that a kill
    at any moment leaves either the old folder, the new one, or the old one beside as
    `.NAME.before`, which the next call puts back. A link stays, what it leads to is replaced.
    """
    path = _behind_links(path)
    before = before_of(path)
    try:
        check_own(path, mark)
        path.parent.mkdir(parents=True, exist_ok=True)
        if before.exists() and not path.exists():
            before.rename(path)
        stage = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    except OSError as fault:
        raise _cannot_write(path.parent, fault) from None
    try:
        stage.chmod(0o755)
        yield stage
        shutil.rmtree(before, ignore_errors=True)
        if path.exists():
            path.rename(before)
        stage.rename(path)
        shutil.rmtree(before, ignore_errors=True)
    except OSError as fault:
        raise _cannot_write(path.parent, fault) from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def before_of(path: Path) -> Path:
    """Return where a folder stands while another takes its place."""
    path = _behind_links(path)
    return path.with_name(f".{path.name}.before")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_text(path: Path, mend: str, save_as: str = "Save it as UTF-8.") -> str:
    """Return the text of a UTF-8 file as it stands, but for a byte order mark.

    Raises SourceNotFoundError, mended by `mend`, where it cannot be read, and RecordError, mended by `save_as`, where it is no such text.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", mend) from None
    except UnicodeDecodeError as fault:
        raise RecordError(f"{path} is not UTF-8 text (byte {fault.start}).", save_as) from None


def _behind_links(path: Path) -> Path:
    # Unlike `Path.resolve`, this leaves a link that leads to itself to the error of the write.
    return Path(os.path.realpath(path))


def _cannot_write(folder: Path, fault: OSError) -> OutputError:
    reason = fault.strerror or str(fault)
    return OutputError(f"Cannot write in {folder}: {reason}.", "Name a place that you may write in; of what is kept it is BROADSHEET_HOME.")


def json_lines(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield of each line that is not blank its place (file and number) and what it holds; None where that is no JSON object.

    One line is held at a time. Raises OSError for a file that cannot be read.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    held = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
                except ValueError:
                    held = None
                yield f"{path.name}, line {number}", held if isinstance(held, dict) else None
