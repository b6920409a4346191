"""Word vectors of papers, for solvers that read texts."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfVectorizer

from broadsheet.sample.world.model import World


def word_vectors(world: World, *, rare: float = 1.0) -> NDArray[np.float32]:
    """Return unit TF-IDF vectors `[N, V]` of titles and texts, of words that at most the share `rare` of papers hold."""
    vectorizer = TfidfVectorizer(binary=True, max_df=rare, dtype=np.float32)
    return csr_array(vectorizer.fit_transform(world.catalogue.texts())).toarray()
