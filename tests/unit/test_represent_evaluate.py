"""The layouts of MMEB and M-BEIR, drawn small: what knows nothing earns chance, what knows all earns 1."""

import json

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageDraw

from broadsheet.core.artifacts import Manifest, write_artifact
from broadsheet.core.bench import render
from broadsheet.core.component import Content, Embedded, MultimodalEmbedder
from broadsheet.core.config import Config
from broadsheet.core.errors import ImageError, RecordError, SourceNotFoundError, WeightsError
from broadsheet.core.images import read_image
from broadsheet.core.metrics import Ranking
from broadsheet.core.progress import silent
from broadsheet.core.schema import ArtifactKind
from broadsheet.core.seeds import generator
from broadsheet.represent.evaluate import MbeirConfig, MmebConfig, evaluate_mbeir, evaluate_mmeb
from broadsheet.represent.evaluate.mmeb import SETS, known_set
from broadsheet.represent.evaluate.scoring import METRICS, earned, exact_scores
from broadsheet.represent.evaluate.stream import Stream

COLOURS = {"red": (200, 30, 30), "green": (30, 160, 40), "blue": (40, 60, 200), "yellow": (230, 210, 40), "black": (10, 10, 10)}
SHAPES = ("disc", "square", "bar", "ring")
THINGS = [f"{colour} {shape}" for colour in COLOURS for shape in SHAPES]


def draw(thing, path):
    colour, shape = thing.split()
    image = Image.new("RGB", (24, 24), "white")
    pen = ImageDraw.Draw(image)
    if shape == "disc":
        pen.ellipse((4, 4, 20, 20), fill=COLOURS[colour])
    elif shape == "ring":
        pen.ellipse((4, 4, 20, 20), outline=COLOURS[colour], width=3)
    else:
        pen.rectangle((4, 4, 20, 20) if shape == "square" else (2, 10, 22, 14), fill=COLOURS[colour])
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


class Drawn(MultimodalEmbedder[Config]):
    """A multimodal embedder of one vector a content; a subclass says which."""

    config_type = Config
    kind = ArtifactKind.EMBEDDER
    model = "drawn"

    def __init__(self):
        super().__init__()
        self.seen: list[Content] = []

    def fit(self, catalogue, folder, *, seed=0):
        return write_artifact(folder, Manifest(kind=self.kind))

    @classmethod
    def load(cls, artifact):
        return cls()

    def embed(self, contents, progress=silent):
        self.seen += contents
        rows, faults = [], {}
        for place, content in enumerate(contents):
            try:
                image = None if content.image is None else read_image(content.image)
                rows.append(self.vector(content.text, image))
            except ImageError as error:
                faults[place] = str(error)
                rows.append(self.vector(content.text, None))
        return Embedded(np.array(rows, dtype=np.float32).reshape(len(contents), -1), faults)

    def vector(self, text, image):
        raise NotImplementedError


class Constant(Drawn):
    model = "constant"

    def vector(self, text, image):
        # Numbers whose products round, so that a sum in another order would differ.
        return np.linspace(0.1, 0.7, 37) / np.linalg.norm(np.linspace(0.1, 0.7, 37))


class Chance(Drawn):
    model = "random"

    def vector(self, text, image):
        name = text + ("" if image is None else str(hash(image.tobytes())))
        vector = generator(3, "random", str(len(self.seen)), name).normal(size=16)
        return vector / np.linalg.norm(vector)


class Oracle(Drawn):
    """Reads a thing's name in words, or recognises its drawing."""

    model = "oracle"

    def __init__(self, images):
        super().__init__()
        self._things = {read_image(path).tobytes(): path.stem.replace("-", " ") for path in images.rglob("*.png")}

    def vector(self, text, image):
        thing = next((thing for thing in THINGS if thing in text), "") if image is None else self._things[image.tobytes()]
        return [float(thing == each) for each in THINGS]


def picture(thing):
    return f"pictures/{thing.replace(' ', '-')}.png"


@pytest.fixture
def images(tmp_path):
    for thing in THINGS:
        draw(thing, tmp_path / "images" / picture(thing))
    return tmp_path / "images"


def others(thing, count, name):
    rest = [each for each in THINGS if each != thing]
    return [rest[i] for i in generator(0, name, thing).permutation(len(rest))[:count]]


def write_set(folder, name, rows):
    (folder / name).mkdir(parents=True)
    pl.DataFrame(rows).write_parquet(folder / name / "test-00000-of-00001.parquet")


def words(thing, count):
    """Pictures to words; one candidate stands twice and counts once."""
    wrong = others(thing, count, "words")
    texts = [f"a {each}" for each in (thing, *wrong, wrong[0])]
    inst = "<|image_1|>\nName it."
    return {"qry_inst": inst, "qry_text": "", "qry_img_path": picture(thing), "tgt_inst": "", "tgt_text": texts, "tgt_img_path": [""] * len(texts)}


def pictures(thing, count):
    """Words to pictures, without instructions."""
    paths = [picture(each) for each in (thing, *others(thing, count, "pictures"))]
    return {"qry_text": f"Find a {thing}", "qry_img_path": "", "tgt_text": ["<|image_1|>"] * len(paths), "tgt_img_path": paths}


@pytest.fixture
def mmeb(tmp_path):
    folder = tmp_path / "mmeb"
    write_set(folder, "ImageNet-1K", [words(thing, 9) for thing in THINGS])
    write_set(folder, "EDIS", [pictures(thing, 4) for thing in THINGS[:12]])
    write_set(folder, "my-shop", [pictures(thing, 3) for thing in THINGS[:8]])
    return folder


def by_name(found):
    return {row["name"]: row for row in found.bench.rows}


def test_mmeb_has_36_sets_20_of_them_in_distribution():
    names = [(name, split) for parts in SETS.values() for split, of in zip(("IND", "OOD"), parts, strict=True) for name in of.split()]
    assert len(names) == 36
    assert sum(split == "IND" for _, split in names) == 20
    assert all(known_set(name).split == split for name, split in names)


def test_a_constant_model_earns_exactly_chance_in_mmeb_though_the_right_candidate_stands_first(mmeb, images, tmp_path):
    rows = by_name(evaluate_mmeb(mmeb, images, Constant(), tmp_path / "rows"))
    assert [rows[name]["hit@1"] for name in ("ImageNet-1K", "EDIS", "my-shop")] == pytest.approx([0.1, 0.2, 0.25], abs=1e-12)
    assert all(row["hit@1"] == row["chance_hit@1"] for name, row in rows.items() if "sets" not in name)
    assert rows["ImageNet-1K"]["recall@5"] == pytest.approx(0.5)
    assert rows["ImageNet-1K"]["candidates"] == 10


def test_an_oracle_earns_1_everywhere_and_means_are_over_known_sets_alone(mmeb, images, tmp_path):
    found = evaluate_mmeb(mmeb, images, Oracle(images), tmp_path / "rows", command="evaluate")
    rows = by_name(found)
    assert {row["hit@1"] for row in rows.values()} == {1.0}
    assert rows["my-shop"]["task"] == rows["my-shop"]["split"] == "unknown"
    assert [name for name in rows if "sets" in name] == [
        "classification (1 of 10 sets)",
        "retrieval (1 of 12 sets)",
        "IND (1 of 20 sets)",
        "OOD (1 of 16 sets)",
        "overall (2 of 36 sets)",
    ]
    assert "never run on the published sets" in found.bench.notes[0]
    assert "no mean: my-shop" in found.bench.notes[-1]
    assert "ImageNet-1K" in render(found.bench)
    assert not found.faults


def test_means_count_each_set_once(mmeb, images, tmp_path):
    rows = by_name(evaluate_mmeb(mmeb, images, Constant(), tmp_path / "rows"))
    assert rows["overall (2 of 36 sets)"]["hit@1"] == pytest.approx((0.1 + 0.2) / 2)


def test_a_random_model_lies_near_chance(mmeb, images, tmp_path):
    write_set(mmeb, "VOC2007", [words(thing, 1) | {"qry_text": str(n)} for n in range(10) for thing in THINGS])
    rows = by_name(evaluate_mmeb(mmeb, images, Chance(), tmp_path / "rows"))
    # Of 200 coins, 0.5 within four standard deviations.
    assert abs(rows["VOC2007"]["hit@1"] - 0.5) < 4 * (0.25 / 200) ** 0.5
    assert rows["VOC2007"]["hit@1_lo"] <= rows["VOC2007"]["hit@1"] <= rows["VOC2007"]["hit@1_hi"]


def test_image_marks_and_file_order_do_not_reach_the_embedder(mmeb, images, tmp_path):
    model = Constant()
    evaluate_mmeb(mmeb, images, model, tmp_path / "rows", config=MmebConfig(sets=("ImageNet-1K",)))
    assert {content.text for content in model.seen if content.image} == {"Name it."}
    assert len(model.seen) == 40
    assert [content.text for content in model.seen if not content.image] == sorted(f"a {thing}" for thing in THINGS)


def test_a_set_is_measured_once_and_a_changed_one_again(mmeb, images, tmp_path):
    one = MmebConfig(sets=("EDIS",))
    first = evaluate_mmeb(mmeb, images, Constant(), tmp_path / "rows", config=one)
    model = Constant()
    assert evaluate_mmeb(mmeb, images, model, tmp_path / "rows", config=one).bench.rows == first.bench.rows
    assert model.seen == []
    pl.DataFrame([pictures(thing, 7) for thing in THINGS[:5]]).write_parquet(mmeb / "EDIS" / "test-00000-of-00001.parquet")
    assert by_name(evaluate_mmeb(mmeb, images, model, tmp_path / "rows", config=one))["EDIS"]["hit@1"] == 1 / 8


def test_faults_are_reported_by_item_and_the_others_scored(mmeb, images, tmp_path):
    (images / picture(THINGS[0])).write_bytes(b"no picture")
    good = [words(thing, 3) for thing in THINGS[1:4]]
    lost = words(THINGS[0], 3)
    empty = words(THINGS[5], 3) | {"tgt_text": [], "tgt_img_path": []}
    write_set(mmeb, "SUN397", [*good, lost, empty])
    found = evaluate_mmeb(mmeb, images, Constant(), tmp_path / "rows", config=MmebConfig(sets=("SUN397",)))
    faults = found.faults["SUN397"]
    assert len(faults) == 2
    assert any("not a picture" in fault for fault in faults.values())
    assert all(len(fault.splitlines()) == 2 for fault in faults.values())
    assert by_name(found)["SUN397"]["queries"] == 4


def test_a_set_that_cannot_be_read_is_missing_with_its_reason(mmeb, images, tmp_path):
    write_set(mmeb, "CIRR", [{"qry_text": "a", "tgt_text": ["b"]}])
    (mmeb / "OVEN").mkdir()
    (mmeb / "OVEN" / "cut.parquet").write_bytes(b"PAR1")
    found = evaluate_mmeb(mmeb, images, Constant(), tmp_path / "rows")
    why = {missing["data"]: missing["why"] for missing in found.bench.missing}
    assert "has no column qry_img_path, tgt_img_path" in why["CIRR"]
    assert "no whole parquet" in why["OVEN"]
    assert "ImageNet-1K" in by_name(found)
    with pytest.raises(SourceNotFoundError, match="It holds: "):
        evaluate_mmeb(mmeb, images, Constant(), tmp_path / "rows", config=MmebConfig(sets=("WebQA",)))
    with pytest.raises(SourceNotFoundError):
        evaluate_mmeb(tmp_path / "nowhere", images, Constant(), tmp_path / "rows")


def lines(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


TABLE = "query_modality\tcand_modality\tdataset_name\tdataset_id\tprompt_1\tprompt_2\ntext\timage\tMine\t1\tFind the picture.\tWhich picture?\n"


@pytest.fixture
def mbeir(tmp_path, images):
    """Words to pictures (the task of Fashion200K), twenty queries and forty candidates; every second has a twin that is relevant too."""
    folder = tmp_path / "mbeir"
    name = "fashion200k_task0"
    pool = [{"did": f"1:{n}", "txt": None, "img_path": picture(thing), "modality": "image"} for n, thing in enumerate(THINGS)]
    pool += [{"did": f"1:{n + 20}", "txt": f"a note {n}", "img_path": None, "modality": "text"} for n in range(20)]
    pool += [{"did": "1:40", "txt": None, "img_path": picture(THINGS[0]), "modality": "image"}]
    asked = [
        {"qid": f"1:{n}", "query_txt": thing, "query_img_path": None, "query_modality": "text", "pos_cand_list": [f"1:{n}"]} for n, thing in enumerate(THINGS)
    ]
    lines(folder / "query" / "test" / f"mbeir_{name}_test.jsonl", asked)
    lines(folder / "cand_pool" / "local" / f"mbeir_{name}_cand_pool.jsonl", pool)
    lines(folder / "cand_pool" / "global" / "mbeir_union_test_cand_pool.jsonl", [*pool, *({"did": f"2:{n}", "txt": f"other {n}"} for n in range(59))])
    (folder / "qrels" / "test").mkdir(parents=True)
    qrels = [f"1:{n} 0 1:{n} 1 0" for n in range(20)] + ["1:0 0 1:40 1 0", "1:3 0 1:30 0 0"]
    (folder / "qrels" / "test" / f"mbeir_{name}_test_qrels.txt").write_text("\n".join(qrels) + "\n")
    (folder / "instructions").mkdir()
    (folder / "instructions" / "query_instructions.tsv").write_text(TABLE)
    for path in (images / "pictures").iterdir():
        draw(path.stem.replace("-", " "), folder / "pictures" / path.name)
    return folder


@pytest.mark.parametrize("block", [1, 7, 4096])
@pytest.mark.parametrize(("pool", "size"), [("local", 41), ("global", 100)])
def test_a_constant_model_earns_exactly_chance_in_mbeir_in_blocks_of_any_size(mbeir, tmp_path, block, pool, size):
    found = evaluate_mbeir(mbeir, Constant(), tmp_path / "rows", config=MbeirConfig(block=block, pool=pool))
    row = by_name(found)["fashion200k_task0"]
    # One query has two relevant candidates: it misses both with (N - 2) (N - 3) … / N (N - 1) ….
    both = 1 - (size - 10) * (size - 11) / (size * (size - 1))
    assert row["hit@10"] == pytest.approx((19 * 10 / size + both) / 20, abs=1e-12)
    assert row["hit@1"] == pytest.approx((19 / size + 2 / size) / 20, abs=1e-12)
    assert row["hit@1"] == pytest.approx(row["chance_hit@1"], abs=1e-12)
    assert row["recall@5"] == pytest.approx(5 / size, abs=1e-12)
    assert row["R"] == row["hit@10"]


def test_an_oracle_earns_1_in_mbeir_and_the_output_says_what_R_is(mbeir, tmp_path):
    model = Oracle(mbeir / "pictures")
    found = evaluate_mbeir(mbeir, model, tmp_path / "rows", config=MbeirConfig(block=16))
    rows = by_name(found)
    assert rows["fashion200k_task0"]["R"] == rows["fashion200k_task0"]["ndcg@10"] == rows["overall (1 of 16 sets)"]["R"] == 1
    assert rows["fashion200k_task0"]["of"] == "hit@10"
    assert "never run on the published sets" in found.bench.notes[0]
    asked = [content.text for content in model.seen if "icture" in content.text]
    assert {text.partition(THINGS[0])[0] for text in asked[:1]} <= {"Find the picture. ", "Which picture? "}
    assert len({text[:8] for text in asked}) == 2


def test_a_random_model_lies_near_chance_in_mbeir(mbeir, tmp_path):
    row = by_name(evaluate_mbeir(mbeir, Chance(), tmp_path / "rows"))["fashion200k_task0"]
    chance = row["chance_hit@1"]
    assert row["hit@1"] <= chance + 4 * (chance * (1 - chance) / 20) ** 0.5


def test_without_qrels_queries_name_their_relevant_candidates(mbeir, tmp_path):
    next((mbeir / "qrels" / "test").iterdir()).unlink()
    row = by_name(evaluate_mbeir(mbeir, Constant(), tmp_path / "rows"))["fashion200k_task0"]
    assert row["hit@1"] == pytest.approx(1 / 41, abs=1e-12)


def test_faults_of_queries_and_pool_are_named_and_a_lacking_candidate_is_a_miss(mbeir, images, tmp_path):
    pool = mbeir / "cand_pool" / "local" / "mbeir_fashion200k_task0_cand_pool.jsonl"
    kept = pool.read_text().splitlines()
    pool.write_text("\n".join([*kept[1:], kept[1], "{no json", '{"did": "1:99"}']) + "\n")
    (mbeir / picture(THINGS[4])).write_bytes(b"")
    queries = mbeir / "query" / "test" / "mbeir_fashion200k_task0_test.jsonl"
    queries.write_text(queries.read_text() + '{"qid": "1:77", "query_txt": "nothing"}\n{"qid": "1:78"}\n')
    found = evaluate_mbeir(mbeir, Oracle(images), tmp_path / "rows", config=MbeirConfig(block=8))
    faults = found.faults["fashion200k_task0"]
    assert "stands twice" in faults["candidate 1:1"]
    assert "not in" in faults["candidate 1:0"]
    assert "not a picture" in faults["candidate 1:4"]
    assert "no relevant candidate" in faults["query 1:77"]
    assert len(faults) == 7
    row = by_name(found)["fashion200k_task0"]
    assert row["queries"] == 20
    # A drawing that cannot be read ties with all forty; of the first query one of the two twins is lacking.
    assert row["hit@10"] == pytest.approx((19 + 10 / 40) / 20, abs=1e-12)
    assert row["recall@10"] == pytest.approx((18 + 1 / 2 + 10 / 40) / 20, abs=1e-12)


def test_what_the_layout_lacks_is_said_in_two_lines(mbeir, tmp_path):
    missing = evaluate_mbeir(mbeir, Constant(), tmp_path / "rows", config=MbeirConfig(instructions=False)).bench.missing
    assert missing == ()
    (mbeir / "instructions" / "query_instructions.tsv").write_text(TABLE.splitlines()[0] + "\n")
    why = evaluate_mbeir(mbeir, Constant(), tmp_path / "rows").bench.missing[0]["why"]
    assert "no instruction for dataset 1" in why
    (mbeir / "instructions" / "query_instructions.tsv").unlink()
    with pytest.raises(SourceNotFoundError, match="instructions = false"):
        evaluate_mbeir(mbeir, Constant(), tmp_path / "rows")
    next((mbeir / "cand_pool" / "local").iterdir()).unlink()
    with pytest.raises(SourceNotFoundError, match="cand_pool"):
        evaluate_mbeir(mbeir, Constant(), tmp_path / "rows", config=MbeirConfig(instructions=False))
    with pytest.raises(SourceNotFoundError, match="query file"):
        evaluate_mbeir(mbeir, Constant(), tmp_path / "rows", config=MbeirConfig(split="val"))


def test_sets_that_share_a_pool_are_measured_in_one_pass_over_it(mbeir, tmp_path):
    folder = mbeir / "query" / "test"
    mine, bad = folder / "mbeir_mine_test.jsonl", folder / "mbeir_none_test.jsonl"
    mine.write_text((folder / "mbeir_fashion200k_task0_test.jsonl").read_text())
    bad.write_text('{"qid": "1:0", "query_txt": "a"}\n')
    model = Constant()
    config = MbeirConfig(pool="global", instructions=False, block=32)
    found = evaluate_mbeir(mbeir, model, tmp_path / "rows", config=config)
    # A hundred candidates once, and the queries of two sets; the third has no relevant candidate and spoils neither.
    assert len(model.seen) == 100 + 20 + 20
    assert set(by_name(found)) == {"fashion200k_task0", "mine", "overall (1 of 16 sets)"}
    assert [missing["data"] for missing in found.bench.missing] == ["none"]
    assert "no mean: mine" in found.bench.notes[-1]
    before = len(model.seen)
    bad.unlink()
    assert len(evaluate_mbeir(mbeir, model, tmp_path / "rows", config=config).bench.rows) == 3
    assert len(model.seen) == before


@pytest.mark.parametrize("block", [1, 3, 50, 300])
def test_a_stream_ranks_as_a_full_sort_does_with_many_ties(block):
    rng = np.random.default_rng(0)
    # Few distinct vectors, so that scores tie within blocks and across them.
    pool = rng.integers(-1, 2, size=(300, 3)).astype(np.float32) / 3
    queries = rng.normal(size=(11, 3)).astype(np.float32)
    ids = [str(n) for n in range(300)]
    golds = [frozenset(str(n) for n in rng.choice(300, int(rng.integers(1, 9)), replace=False)) for _ in queries]
    stream = Stream(queries, golds, 10)
    for start in range(0, 300, block):
        stream.add(ids[start : start + block], pool[start : start + block])
    full = [Ranking.of_scores(exact_scores(query, pool), [name in gold for name in ids]) for query, gold in zip(queries, golds, strict=True)]
    for name, values in earned(stream.rankings()).items():
        assert np.allclose(values, earned(full)[name], atol=1e-12), name
    assert stream.found() == [len(gold) for gold in golds]
    assert stream.size == 300


def test_a_stream_holds_no_more_than_the_first_places_and_their_ties():
    rng = np.random.default_rng(1)
    stream = Stream(rng.normal(size=(4, 8)).astype(np.float32), [frozenset()] * 4, 10)
    for number in range(20):
        stream.add([f"{number} {row}" for row in range(100)], rng.normal(size=(100, 8)).astype(np.float32))
    assert all(len(levels.scores) <= 10 for levels in stream._levels)


def test_numbers_that_are_not_finite_are_an_error_of_the_weights(mmeb, images, tmp_path):
    class Broken(Constant):
        def vector(self, text, image):
            return super().vector(text, image) * np.nan

    missing = evaluate_mmeb(mmeb, images, Broken(), tmp_path / "rows").bench.missing
    assert all("not finite" in each["why"] for each in missing)
    assert len(missing) == 3
    assert WeightsError.exit_code == 71


def test_qrels_of_another_form_are_an_error(mbeir, tmp_path):
    file = next((mbeir / "qrels" / "test").iterdir())
    file.write_text("1:0 1:1\n")
    why = evaluate_mbeir(mbeir, Constant(), tmp_path / "rows").bench.missing[0]["why"]
    assert "line 1" in why
    assert issubclass(RecordError, Exception)
    assert set(METRICS) >= {"hit@1", "recall@5", "recall@10", "ndcg@5", "ndcg@10"}
