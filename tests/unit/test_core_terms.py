"""Terms of a text are what scikit-learn makes of it."""

from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from broadsheet.core.terms import STOP_WORDS, WORD, analyser

TEXTS = st.lists(st.sampled_from(["the", "Café", "naïve", "kettle's", "ﬁne", "İstanbul", "3.5%", "x", "日本", "--", "of", "re-ranking", "ß", "Ǆ"])).map(
    " ".join
)


def test_the_commonest_words_are_those_of_scikit_learn():
    assert STOP_WORDS == ENGLISH_STOP_WORDS


@given(TEXTS | st.text(), st.integers(1, 3))
def test_terms_are_those_of_scikit_learn(text, longest):
    rival = CountVectorizer(ngram_range=(1, longest), stop_words="english", token_pattern=WORD, strip_accents="unicode").build_analyzer()
    assert analyser(longest)(text) == rival(text)
