"""What unit tests share: a server on loopback in arXiv's place."""

import pytest
from tests.unit.arxiv_desk import Desk


@pytest.fixture
def desk():
    """A desk that runs while the test does, and says what it is told to."""
    with Desk() as running:
        yield running
