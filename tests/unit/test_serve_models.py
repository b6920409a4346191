"""Batches and swaps: questions answered together, refused where there is no room, and parts that change between two of them."""

import asyncio
import contextlib
import threading

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")

from broadsheet.core.errors import ArtifactError, RecordError
from broadsheet.serve.api.problems import BusyError, Problem
from broadsheet.serve.models.batcher import Batcher, lane
from broadsheet.serve.models.holder import Holder, Opener
from broadsheet.serve.models.parts import Loaded, Ranks


@pytest.fixture
def on():
    with lane("test") as found:
        yield found


def test_questions_asked_at_once_are_answered_together_and_each_by_its_own(on):
    batches = []

    def double(asked):
        batches.append(len(asked))
        return [2 * one for one in asked]

    batcher = Batcher("double", double, on, most=4)

    async def ask():
        return await asyncio.gather(*(batcher(number) for number in range(10)))

    assert asyncio.run(ask()) == [2 * number for number in range(10)]
    assert batches == [4, 4, 2]
    assert batcher.counts == (10, 3, 0, 0)


def test_without_room_the_answer_is_no_at_once_and_what_was_taken_is_answered(on):
    begun, held = threading.Event(), threading.Event()

    def slow(asked):
        begun.set()
        held.wait(10)
        return list(asked)

    batcher = Batcher("slow", slow, on, most=1, room=3, window=0)

    async def ask():
        first = asyncio.create_task(batcher(0))
        await asyncio.to_thread(begun.wait, 10)
        rest = [asyncio.create_task(batcher(number)) for number in range(1, 4)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError) as refused:
            await batcher(9)
        with pytest.raises(BusyError):
            await batcher.all([7, 8])
        held.set()
        return refused.value, await asyncio.gather(first, *rest)

    refused, answers = asyncio.run(ask())
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert answers == [0, 1, 2, 3]
    assert batcher.counts.refused == 3


def test_a_wrong_question_is_told_to_whoever_asked_it_and_to_nobody_else(on):
    def picky(asked):
        if 3 in asked:
            raise RecordError("3 is none.", "Ask for another.")
        return list(asked)

    batcher = Batcher("picky", picky, on)

    async def ask():
        return await asyncio.gather(*(batcher(number) for number in range(5)), return_exceptions=True)

    answers = asyncio.run(ask())
    assert [one for one in answers if not isinstance(one, Exception)] == [0, 1, 2, 4]
    assert isinstance(answers[3], RecordError)


def test_who_went_away_is_not_answered(on):
    answered = []
    batcher = Batcher("seen", lambda asked: answered.extend(asked) or list(asked), on, window=0.05)

    async def ask():
        gone, here = asyncio.create_task(batcher("gone")), asyncio.create_task(batcher("here"))
        await asyncio.sleep(0.01)
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone
        return await here

    assert asyncio.run(ask()) == "here"
    assert answered == ["here"]


def part(name: str) -> Ranks:
    return Ranks(None, Loaded("test", name, name), None)


class Folder:
    """Something that parts are opened from, and that changes."""

    def __init__(self) -> None:
        self.content, self.broken, self.opened = "one", False, 0

    def opener(self) -> Opener:
        return Opener(lambda: self.content, self.open)

    def open(self) -> Ranks:
        self.opened += 1
        if self.broken:
            raise ArtifactError("It was changed.", "Make it again.")
        return part(self.content)


def test_a_swap_is_whole_and_whoever_began_with_the_old_ends_with_it():
    one, other = Folder(), Folder()
    holder = Holder({"rank": one.opener(), "other": other.opener()})
    with pytest.raises(BusyError), holder.use("rank", Ranks):
        pass
    assert holder.open_all()
    assert holder.is_ready
    assert not holder.open_all()
    first = holder.current
    with holder.use("rank", Ranks) as begun:
        one.content = other.content = "two"
        assert holder.open_all()
        assert begun.loaded.model == "one"
        assert holder.current.number == first.number + 1, "both parts in one step"
        assert {about.model for about in holder.current.loaded().values()} == {"two"}
    other.content = "three"
    holder.open_all()
    assert holder.current.parts["rank"].part is not first.parts["rank"].part
    assert one.opened == 2, "what did not change is not opened again"


def test_what_cannot_be_opened_again_leaves_what_is_there():
    folder = Folder()
    holder = Holder({"rank": folder.opener()})
    holder.open_all()
    folder.content, folder.broken = "two", True
    holder.open_all()
    with holder.use("rank", Ranks) as found:
        assert found.loaded.model == "one"
    assert "It was changed. Make it again." in holder.fault
    tried = folder.opened
    holder.open_all()
    assert folder.opened == tried, "it is not tried again until it changes"
    folder.content, folder.broken = "three", False
    holder.open_all()
    assert (holder.current.loaded()["rank"].model, holder.fault) == ("three", "")


def test_what_cannot_be_opened_at_all_is_a_problem_that_says_so():
    folder = Folder()
    folder.broken = True
    holder = Holder({"rank": folder.opener()})
    holder.open_all()
    assert holder.is_ready
    with pytest.raises(Problem, match="rank could not be opened") as refused, holder.use("rank", Ranks):
        pass
    assert refused.value.status == 503
    assert "It was changed" in holder.fault
    with pytest.raises(Problem) as nothing, holder.use("search", Ranks):
        pass
    assert nothing.value.status == 404
