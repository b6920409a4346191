"""Random streams that follow from a seed and a name."""

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.seeds import generator

DRAW = "from broadsheet.core.seeds import generator; print(generator(7, 'slate', 'map').integers(10**9, size=3).tolist())"


def test_the_same_seed_and_names_give_the_same_stream():
    assert np.array_equal(generator(7, "slate").random(5), generator(7, "slate").random(5))


def test_another_seed_or_name_gives_another_stream():
    asked = [(0,), (1,), (0, "slate"), (1, "slate"), (0, "map"), (0, "slate", "map"), (0, "map", "slate"), (0, "slatemap")]
    assert len({generator(*names).random() for names in asked}) == len(asked)


def test_a_stream_is_the_same_in_another_process_and_on_any_day():
    known = "[895673413, 559873917, 120686756]"
    assert str(generator(7, "slate", "map").integers(10**9, size=3).tolist()) == known
    assert subprocess.run([sys.executable, "-c", DRAW], capture_output=True, text=True, check=True).stdout.strip() == known


def test_a_draw_leaves_every_other_stream_alone():
    untouched = generator(0, "map").random()
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    generator(0, "slate").random(100)
    assert generator(0, "map").random() == untouched
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


@given(st.integers(0, 2**63), st.text(), st.text())
def test_two_names_never_share_a_stream(seed, one, two):
    assert (generator(seed, one).integers(2**63) == generator(seed, two).integers(2**63)) == (one == two)
