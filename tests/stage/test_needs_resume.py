"""The command that asks a model of posts is killed where it hurts and run again: the same files, and nothing is paid twice. All fifty points: benchmarks/llm_kill.py."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("llm_kill", ROOT / "benchmarks" / "llm_kill.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def arena(bench, tmp_path_factory):
    return bench.Arena.of(tmp_path_factory.mktemp("killed"))


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        ("in flight", 40),
        ("the reply is here, not yet written", 21),
        ("the artefact is being written", 6),
    ],
)
def test_killed_and_run_again(bench, arena, kind, at):
    found = arena.killed(bench.Point(kind, at))
    assert found.same_bytes
    assert found.counts_agree
    assert (found.twice, found.again) == (0, 0)
    assert found.faults > 0
    assert found.replayed <= found.in_doubt


def test_the_points_are_fifty_and_of_every_kind(bench):
    points = bench.points()
    assert len(set(points)) == len(points) == 50
    assert {point.kind for point in points} == set(bench.KINDS)
