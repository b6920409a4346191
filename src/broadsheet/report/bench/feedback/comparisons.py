"""Comparisons of two rankers whose difference is known: how often it is found, and how often something is found where there is nothing."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.bench import Measured
from broadsheet.core.seeds import generator
from broadsheet.report.bench.feedback.clicks import ReaderConfig, clicks
from broadsheet.report.feedback.interleave import Page, coin, draft
from broadsheet.report.feedback.interleave import judge as judge_pages
from broadsheet.report.feedback.split import CLICK_THROUGH, Reader, assign
from broadsheet.report.feedback.split import judge as judge_readers

# A made day has so many papers, of which a reader wants about one in ten; readers want more or less, and so they stay.
PAPERS = 30
# A ranker sees what is wanted through noise of this size; the planted one through less.
NOISE, BETTER = 1.0, 0.7
ROUNDS = 1000
EVEN = {"a": 1.0, "b": 1.0}
FIRST = date(2026, 1, 5)


class Setting(NamedTuple):
    """How many readers and days a comparison has, and how noisy its two rankers are; `same` gives both the very same ranking, `looks` judges after every day."""

    readers: int
    days: int
    noise: tuple[float, float] = (NOISE, NOISE)
    same: bool = False
    looks: bool = False


class Told(NamedTuple):
    """What one comparison said: its verdict, p, and whether an alarm stood at any look, by p and by what holds at any look."""

    said: str
    p: float
    alarm: bool
    alarm_anytime: bool


def arms(readers: tuple[int, ...] = (30, 100), days: int = 10) -> dict[str, tuple[str, Setting]]:
    """Return the rows: by name the form of the comparison, and its setting."""
    found: dict[str, tuple[str, Setting]] = {}
    for form in ("interleave", "split"):
        for count in readers:
            found[f"{form}: planted, {count} readers, {days} days"] = (form, Setting(count, days, (NOISE, BETTER)))
        least = min(readers)
        found[f"{form}: A/A, {least} readers, {days} days"] = (form, Setting(least, days))
        found[f"{form}: A/A, the very same ranking"] = (form, Setting(least, days, same=True))
        found[f"{form}: A/A, looked at every day"] = (form, Setting(least, days, looks=True))
    return found


def measure(form: str, setting: Setting, repeats: int, reader: ReaderConfig, seed: int) -> Measured:
    """Repeat a comparison, and return how often it said what."""
    run: Callable[[Setting, ReaderConfig, int, int], Told] = {"interleave": interleaved, "split": split}[form]
    told = [run(setting, reader, seed, number) for number in range(repeats)]
    shares = {
        "found b": np.mean([one.said == "b" for one in told]),
        "found a": np.mean([one.said == "a" for one in told]),
        "no difference": np.mean([one.said == "no difference" for one in told]),
        "p below .05": np.mean([one.p < 0.05 for one in told]),
        "p below .5": np.mean([one.p < 0.5 for one in told]),
    }
    if setting.looks:
        shares |= {"alarm at some look": np.mean([one.alarm for one in told]), "alarm by what holds at any look": np.mean([one.alarm_anytime for one in told])}
    values = pl.DataFrame({"p": [one.p for one in told], "said": [one.said for one in told]})
    return Measured({**{name: float(value) for name, value in shares.items()}, "repeats": float(repeats)}, values)


def interleaved(setting: Setting, reader: ReaderConfig, seed: int, number: int) -> Told:
    """Play an interleaved comparison: every page drafted, clicked and judged."""
    rng = generator(seed, "comparison", "interleave", str(setting), str(number))
    experiment = f"{seed} {number}"
    appetite = rng.beta(2, 18, size=setting.readers)
    pages: list[Page] = []
    looks: list[tuple[float, float]] = []
    for day in range(setting.days):
        label = FIRST + timedelta(days=day)
        for who in range(setting.readers):
            wanted = rng.random(PAPERS) < appetite[who]
            first, second = _rankings(wanted, setting, rng)
            made = draft(first, second, reader.budget, coin(seed, experiment, str(who), label), shared_prefix=not setting.same)
            found = clicks([bool(wanted[int(item)]) for item in made.items], reader, rng)
            pages.append(Page(str(who), label, dict(zip(made.items, made.teams, strict=True)), frozenset(made.items[slot] for slot in found)))
        if setting.looks:
            then = judge_pages(experiment, pages, rounds=ROUNDS)
            looks.append((then.p, then.anytime.p))
    verdict = judge_pages(experiment, pages, rounds=ROUNDS)
    return Told(verdict.said, verdict.p, any(p < 0.05 for p, _ in looks), any(p < 0.05 for _, p in looks))


def split(setting: Setting, reader: ReaderConfig, seed: int, number: int) -> Told:
    """Play a split test: every reader has one ranker's pages for all days."""
    rng = generator(seed, "comparison", "split", str(setting), str(number))
    experiment = f"{seed} {number}"
    appetite = rng.beta(2, 18, size=setting.readers)
    arm = [assign(experiment, str(who), EVEN) for who in range(setting.readers)]
    counted = np.zeros(setting.readers, dtype=np.int64)
    looks: list[tuple[float, float]] = []

    def judged(days: int) -> tuple[str, float, float]:
        told = [Reader(str(who), arm[who], days * reader.budget, int(counted[who]), float(counted[who])) for who in range(setting.readers)]
        verdict = judge_readers(experiment, told, EVEN)
        one = next((d for d in verdict.differences if d.figure == CLICK_THROUGH), None)
        return verdict.said, one.p if one else 1.0, one.anytime.p if one else 1.0

    for day in range(1, setting.days + 1):
        for who in range(setting.readers):
            wanted = rng.random(PAPERS) < appetite[who]
            shown = _rankings(wanted, setting, rng)[arm[who] == "b"][: reader.budget]
            counted[who] += len(clicks([bool(wanted[int(item)]) for item in shown], reader, rng))
        if setting.looks:
            looks.append(judged(day)[1:])
    said, p, _ = judged(setting.days)
    return Told(said, p, any(p < 0.05 for p, _ in looks), any(p < 0.05 for _, p in looks))


def _rankings(wanted: NDArray[np.bool_], setting: Setting, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Return two rankings of a made day, best first: what is wanted, seen through noise."""
    scores = [wanted + noise * rng.normal(size=len(wanted)) for noise in setting.noise]
    if setting.same:
        scores[1] = scores[0]
    first, second = ([str(row) for row in np.argsort(-one, kind="stable")] for one in scores)
    return first, second


def measuring(form: str, setting: Setting, repeats: int, reader: ReaderConfig, seed: int) -> Callable[[], Measured]:
    """Return the measurement of a row, to be made when its turn comes."""
    return partial(measure, form, setting, repeats, reader, seed)


def identity(setting: Setting, repeats: int, reader: ReaderConfig) -> Mapping[str, object]:
    """Return all that a row depends on."""
    return {"setting": setting._asdict(), "repeats": repeats, "reader": reader.model_dump(mode="json"), "papers": PAPERS, "rounds": ROUNDS}
