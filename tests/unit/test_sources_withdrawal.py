"""Which comments and abstracts say that a paper was withdrawn, and which only speak of it."""

import pytest

from broadsheet.core.schema import Item
from broadsheet.sources.withdrawal import is_withdrawn


def says(text: str) -> set[bool]:
    return {is_withdrawn(Item(id="a", title="Soup", text=text)), is_withdrawn(Item(id="a", title="Soup", attributes={"comment": text}))}


@pytest.mark.parametrize(
    "text",
    [
        "This paper has been withdrawn by the authors due to an error in Lemma 2",
        "This paper has been\nwithdrawn",
        "12 pages. This paper has been withdrawn.",
        "This submission has now been withdrawn",
        "This paper, first sent in May, has been withdrawn",
        "This article (version 1) was withdrawn",
        "The current version is temporarily withdrawn",
        "This paper was withdrawn from arXiv",
        "This submission has been withdrawn by arXiv administrators",
        "arXiv admin note: This version withdrawn by arXiv administrators because of its licence",
        "Paper withdrawn",
        "Paper withdrawn by the author",
        "[Withdrawn]",
        "WITHDRAWN.",
        "withdrawn due to a sign error",
        "The authors have withdrawn this paper",
        "I wish to withdraw this paper",
    ],
)
def test_withdrawn(text):
    assert says(text) == {True}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12 pages, 3 figures",
        "This paper was withdrawn from the Harbour Workshop and is under review elsewhere",
        "This work shows what a recommender does when consent is withdrawn",
        "Withdrawn drugs are a rich source of negative samples",
        "Why papers are withdrawn: a study",
        "This paper has not been withdrawn",
        "This paper is not withdrawn",
        "An earlier draft was never withdrawn. We cook.",
        "We withdraw money from a bandit",
    ],
)
def test_not_withdrawn(text):
    assert says(text) == {False}


def test_a_notice_opens_the_abstract_and_does_not_close_it():
    assert not is_withdrawn(Item(id="a", title="Soup", text="We cook. " * 30 + "The paper was withdrawn."))


def test_a_comment_that_is_no_text_says_nothing():
    assert not is_withdrawn(Item(id="a", title="Soup", attributes={"comment": None}))
