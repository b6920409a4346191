"""The bench of indexes on a few vectors: what it measures, keeps, refuses and says."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from broadsheet.core.bench import probe, wanted_arms
from broadsheet.core.bench.vectors import read_vectors
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.errors import ConfigError, RecordError, SourceNotFoundError
from broadsheet.core.schema import Item
from broadsheet.represent import TfidfEmbedder
from broadsheet.represent.bench import index as benching
from broadsheet.represent.bench.index import ARMS, IndexPlan, bench_index


@pytest.fixture(autouse=True)
def _small_probe(monkeypatch):
    for name, value in {"SIDE": 32, "EMULATED_SIDE": 16, "READ": 1024}.items():
        monkeypatch.setattr(probe, name, value)


def unit(seed, count, width=16):
    rows = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def plan(tmp_path):
    np.save(tmp_path / "vectors.npy", unit(1, 700))
    return IndexPlan((tmp_path / "vectors.npy",), exact=600, large=1200, queries=40, timed=15, seeds=2, jitter=0.5)


def test_every_arm_is_measured_against_exact_search_and_kept(plan, tmp_path):
    bench = bench_index(plan, tmp_path / "rows", "broadsheet bench index --vectors vectors.npy --jitter 0.5")
    rows = {row["name"]: row for row in bench.rows}
    assert list(rows) == [
        *(f"{name}; 600 x 16, {'real + jittered' if ARMS[name].judges else 'real'}" for name in ARMS),
        *(f"{name}; 1,200 x 16, real + jittered" for name in ARMS if ARMS[name].large),
    ]
    for name in ("exact, float32", "float32 product", "faiss flat"):
        assert rows[f"{name}; 600 x 16, real"]["recall@10"] == 1
        assert rows[f"{name}; 600 x 16, real"]["recall@10_together"] == 1
    assert rows["exact, float32; 600 x 16, real"]["disk_bytes"] == 64
    assert rows["exact, int8; 600 x 16, real"]["disk_bytes"] == 20
    moved = rows["IVF-SQ8; 1,200 x 16, real + jittered"]
    assert moved["real"] == 620
    assert moved["recall@10_lo"] <= moved["recall@10"] <= moved["recall@10_hi"]
    assert {"p50_ms", "p95_ms", "cpu_p95_ms", "queries_per_s", "build_s", "fp32_gflops", "bf16_gflops_lo", "read_gb_s", "nprobe", "lists"} <= moved.keys()
    assert bench.data["vectors"] == 700
    assert any("Jittered" in note for note in bench.notes)
    again = bench_index(plan, tmp_path / "rows", bench.command)
    assert again.rows == bench.rows


def test_rows_are_not_invented(plan, tmp_path):
    bench = bench_index(plan._replace(jitter=None, arms=("IVF-SQ8",)), tmp_path / "rows", "broadsheet bench index")
    assert [row["name"] for row in bench.rows] == ["IVF-SQ8; 600 x 16, real"]
    assert len(bench.missing) == 2
    assert "620 vectors are left beside 80 queries, and 1200 were to be indexed." in bench.missing[0]["why"]
    with pytest.raises(RecordError, match="held out as queries"):
        bench_index(plan._replace(queries=400), tmp_path / "rows", "broadsheet bench index")
    with pytest.raises(ConfigError, match="Did you mean"):
        wanted_arms(["IVF-SQ9"], ARMS)


def test_where_real_vectors_do_not_suffice_the_inverted_file_is_measured_on_them_alone_too(plan, tmp_path):
    bench = bench_index(plan._replace(exact=650, seeds=1, queries=40, arms=("IVF-SQ8",)), tmp_path / "rows", "broadsheet bench index")
    assert [(row["name"], row["real"]) for row in bench.rows] == [
        ("IVF-SQ8; 650 x 16, real", 650),
        ("IVF-SQ8; 1,200 x 16, real + jittered", 660),
    ]
    bench = bench_index(plan._replace(exact=680, seeds=1, queries=40, arms=("IVF-SQ8",)), tmp_path / "rows", "broadsheet bench index")
    assert [(row["name"], row["real"]) for row in bench.rows] == [
        ("IVF-SQ8; 680 x 16, real + jittered", 660),
        ("IVF-SQ8; 660 x 16, real", 660),
        ("IVF-SQ8; 1,200 x 16, real + jittered", 660),
    ]


def test_queries_are_held_out_and_a_seed_has_its_own():
    rows = unit(1, 100)
    pool = benching._pool(rows, 60, 30, None)
    known = set(map(bytes, rows))
    assert len(pool.indexed) == pool.real == 60
    assert set(map(bytes, pool.indexed)) <= known
    assert not set(map(bytes, pool.indexed)) & set(map(bytes, pool.held_out))
    judged = benching._pool(rows, 50, 30, None, 20)
    assert np.array_equal(judged.held_out, pool.held_out)
    assert len(set(map(bytes, judged.judges)) | set(map(bytes, judged.indexed)) | set(map(bytes, judged.held_out))) == 100
    filled = benching._pool(rows, 100, 30, 0.5)
    assert filled.real == 70
    assert set(map(bytes, filled.indexed[:70])) <= known
    assert np.linalg.norm(filled.indexed, axis=1) == pytest.approx(np.ones(100), abs=1e-6)
    # Noise of length 0.5 in a random direction leaves a cosine of about 1 / sqrt(1.25).
    assert np.einsum("nd,nd->n", filled.indexed[:30], filled.indexed[70:]).mean() == pytest.approx(0.89, abs=0.05)


def test_vectors_are_read_from_embeddings_at_any_depth_and_count_once(tmp_path):
    class Dense(TfidfEmbedder):
        def __call__(self, texts, progress=None):
            return np.vstack([unit(len(text), 1) for text in texts])

    texts = {"one": ["soup", "a tram"], "two": ["a tram", "lighthouse"]}
    embedder = Dense().fit_texts([*chain(*texts.values())])
    for name, titles in texts.items():
        embed_catalogue(embedder, Catalogue([Item(id=title, title=title) for title in titles]), tmp_path / "deep" / name)
    read = read_vectors([tmp_path])
    assert read.rows.shape == (3, 16)
    assert read.models == (embedder.model,)
    assert read_vectors([tmp_path / "deep" / "two", tmp_path / "deep" / "one"]).hash == read.hash
    np.save(tmp_path / "wide.npy", unit(1, 3, 8))
    with pytest.raises(RecordError, match="dimensions"):
        read_vectors([tmp_path, tmp_path / "wide.npy"])
    with pytest.raises(SourceNotFoundError, match="no vectors"):
        read_vectors([Path(tmp_path / "nowhere")])
