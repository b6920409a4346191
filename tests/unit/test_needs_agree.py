"""Labels by people: sheets, samples, agreement, what is true by several votes, and shares of all posts."""

import csv
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core import errors
from broadsheet.needs.agree.agreement import MISSING, Votes, alpha, kappas, span_agreement
from broadsheet.needs.agree.assess import assess
from broadsheet.needs.agree.label_studio import interface, write_tasks
from broadsheet.needs.agree.labels import NONE, Label, Labelled, blank_sheet, read_labels
from broadsheet.needs.agree.predicted import read_predicted
from broadsheet.needs.agree.prevalence import Checked, confusion, corrected, naive, people, prediction_powered
from broadsheet.needs.agree.sample import choose, doubt
from broadsheet.needs.agree.sheet import COLUMNS, Sheet, read_sheet, write_sheet
from broadsheet.needs.agree.truth import dawid_skene, truth_of
from broadsheet.needs.label.labels import Labels
from broadsheet.needs.records import Span
from broadsheet.needs.taxonomy import open_taxonomy

FINANCIAL = open_taxonomy()
CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
HEAD = ",".join(COLUMNS)


def labels_of(tmp_path, text, posts=None):
    (tmp_path / "labels.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_labels([tmp_path / "labels.csv"], FINANCIAL, posts)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=4), CELL)
@settings(max_examples=60)
def test_a_sheet_comes_back_to_the_letter_with_columns_of_others(cells, remark):
    rows = [{**dict.fromkeys(COLUMNS, ""), "post": f"p{n}", "text": one, "evidence": two, "remark": three} for n, (one, two, three) in enumerate(cells)]
    with tempfile.TemporaryDirectory() as folder:
        write_sheet(Path(folder) / "a.csv", Sheet((*COLUMNS, "remark"), rows))
        found = read_sheet(Path(folder) / "a.csv")
    assert found.columns == (*COLUMNS, "remark")
    assert found.rows == rows


def test_no_cell_of_a_stranger_is_a_formula(tmp_path):
    write_sheet(tmp_path / "a.csv", blank_sheet([("p", '=HYPERLINK("http://example.org")', 0.5), ("-1", "'=1", 1.0)]))
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8-sig") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert [row["text"] for row in read_sheet(tmp_path / "a.csv").rows] == ['=HYPERLINK("http://example.org")', "'=1"]


def test_what_a_spreadsheet_makes_of_a_sheet_is_read(tmp_path):
    text = '\ufeffpost;Text;annotator;level;evidence;propensity\r\np1;"Rent; it is\ndue";ana;1;it is due;0,25\r\np2;Fine;ana;NONE;;\r\n;;;;;\r\np3;Later;ana;;;\r\n'
    labelled, faults = labels_of(tmp_path, text)
    assert not faults
    assert labelled.labels == {("p1", "ana"): Label("survival", (Span(start=6, end=15, text="it is\ndue"),)), ("p2", "ana"): Label(NONE)}
    assert labelled.propensities == {"p1": 0.25}
    assert labelled.unlabelled == 1


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("p1,Rent is due,ana,8,,,,", "There is no level '8' in financial"),
        ("p1,Rent is due,ana,surviva,,,,", "Did you mean 'survival'?"),
        ("p1,Rent is due,,1,,,,", "nobody who says so"),
        (",Rent is due,ana,1,,,,", "names no post"),
        ("p1,Rent is due,ana,,,,rent,", "no level"),
        ("p1,Rent is due,ana,none,,,Rent is,", "evidence for 'none'"),
        ("p1,Rent is due,ana,1,,,Rent was,", "'Rent was' does not stand in the post"),
        ("p1,Rent is due,ana,1,,,ent is,", "'ent is' does not stand in the post"),
        ("p1,Rent is due,ana,1,0,6,Rent is,", "at 0 to 6 stands 'Rent i', not 'Rent is'"),
        ("p1,Rent is due,ana,1,0,60,,", "no place of the post"),
        ("p1,Rent is due,ana,1,0,,,", "a start or an end, not both"),
        ("p1,Rent is due,ana,1,x,6,,", "the start is 'x'"),
        (f"p1,Rent is due,ana,1,0,{'9' * 5000},,", "the end is '999"),
        ("p1,Rent is due,ana,1,,,,1.5", "the propensity is '1.5'"),
        ("p1,Rent is paid,ana,1,,,,", "is not what it is elsewhere"),
        ("p0,Rent is due,bo,2,,,,", "bo has called p0 'survival' before, and 'cash_flow' here"),
        ("p0,Rent is due,ana,1,,,,0.25", "another propensity elsewhere"),
    ],
)
def test_a_row_that_cannot_be_meant_is_two_lines_with_its_line_number(tmp_path, row, says):
    assert FINANCIAL.levels[1].id == "cash_flow"
    first = "p0,Rent is due,bo,1,,,Rent is,0.5\n" + ("p1,Rent is due,ana,1,,,,\n" if "paid" in row else "")
    labelled, faults = labels_of(tmp_path, f"{HEAD}\n{first}{row}\n")
    assert len(faults) == 1
    assert f"labels.csv, line {2 + first.count(chr(10))}: " in faults[0].what
    assert says in faults[0].what
    assert faults[0].mend
    assert labelled.labels["p0", "bo"].level == "survival"


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        (b"", errors.EmptySourceError, "is empty"),
        (b"post,text,annotator\n", errors.ColumnError, "no column 'level'"),
        (b"post,text,annotator,level\np,\xff,a,1\n", errors.RecordError, "not UTF-8"),
        (b"post,text,annotator,level\np,a,b,1,2\n", errors.RecordError, "line 2 has 5 cells for 4 columns"),
        (b'post,text,annotator,level\np,"a,b,1\n', errors.RecordError, "line 2 cannot be read"),
        (b"post,text,annotator,level\n", errors.EmptySourceError, "there is no row"),
        (b"post,text,annotator,level,note,note\n", errors.ColumnError, "'note' twice"),
    ],
)
def test_a_file_that_is_no_sheet(tmp_path, text, error, says):
    with pytest.raises(error, match=says):
        labels_of(tmp_path, text)


@given(st.lists(st.sampled_from([*',;"\n\r\t 0123456789-', "p1", "Rent", "ana", "none", "survival", "=", "\x00", "\xff", "😭"]), max_size=60))
@settings(max_examples=150)
def test_whatever_stands_in_a_sheet_ends_in_labels_or_in_two_lines(pieces):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text(f"{HEAD}\np1,Rent,ana,1,,,,\n{''.join(pieces)}", encoding="utf-8", newline="")
        try:
            _, faults = read_labels([path], FINANCIAL)
        except errors.BroadsheetError as fault:
            faults = [fault]
    assert all(fault.what and fault.mend for fault in faults)


def test_rows_of_one_post_join_their_words_and_words_are_looked_for_in_the_posts(tmp_path):
    rows = "p1,Rent is due again,ana,1,,,Rent is,\np1,Rent is due again,ana,survival,,,due again,\n"
    labelled, faults = labels_of(tmp_path, f"{HEAD}\n{rows}", {"p1": "Rent  is due again"})
    assert not faults
    assert [span.text for span in labelled.labels["p1", "ana"].spans] == ["Rent  is", "due again"]
    assert labels_of(tmp_path, f"{HEAD}\n{rows}", {"p2": "Rent"})[1][0].what.endswith("there is no post 'p1' among the posts.")


def test_label_studio_there_and_back(tmp_path):
    sheet = blank_sheet([("p1", "😭 Rent is due", 0.5), ("p2", "Fine", 0.5)])
    write_tasks(tmp_path / "tasks.json", sheet, FINANCIAL)
    assert (tmp_path / "tasks.xml").read_text() == interface(FINANCIAL)
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    # A browser counts the emoji as two.
    words = {"from_name": "evidence", "type": "labels", "value": {"start": 3, "end": 7, "text": "Rent", "labels": ["survival"]}}
    choice = {"from_name": "level", "type": "choices", "value": {"choices": ["survival"]}}
    tasks[0]["annotations"] = [{"completed_by": {"id": 3, "email": "ana@example.org"}, "result": [choice, words]}]
    tasks[1]["annotations"] = [{"completed_by": 4, "result": [], "was_cancelled": True}]
    (tmp_path / "done.json").write_text(json.dumps(tasks))
    labelled, faults = read_labels([tmp_path / "done.json"], FINANCIAL)
    assert not faults
    assert labelled.labels == {("p1", "ana@example.org"): Label("survival", (Span(start=2, end=6, text="Rent"),))}
    assert labelled.unlabelled == 1
    tasks[1]["data"]["text"] = "Half a pair \ud83d"
    choice["value"]["choices"] = ["debt_credit"]
    (tmp_path / "done.json").write_text(json.dumps(tasks))
    assert "before" in read_labels([tmp_path / "done.json"], FINANCIAL)[1][0].what


def two_labellers(posts=400):
    draw = np.random.default_rng(5)
    truth = draw.choice(4, posts, p=[0.6, 0.25, 0.1, 0.05])
    said = [np.where(draw.random(posts) < 0.25, draw.integers(4, size=posts), truth) for _ in range(2)]
    return truth, [Labels(("a", "b", "c", NONE), np.eye(4)[one]) for one in said]


def test_a_sample_has_the_size_and_the_chances_that_it_states():
    truth, labellers = two_labellers()
    drawn, shares, stated = np.zeros(len(truth)), [], np.zeros(len(truth))
    for seed in range(400):
        chosen = choose(len(truth), labellers, 60, seed=seed)
        assert len(set(chosen.places.tolist())) == 60
        drawn[chosen.places] += 1
        stated[chosen.places] = chosen.propensities
        shares.append(np.sum((truth[chosen.places] == 0) / chosen.propensities) / len(truth))
    assert stated[stated > 0].min() >= 0.5 * 60 / len(truth) - 1e-12
    assert stated.sum() == pytest.approx(60)
    assert np.abs(drawn / 400 - stated).max() < 5 * np.sqrt(0.25 / 400)
    # Weighted by the inverse of their chance, posts give the share of all without bias.
    assert np.mean(shares) == pytest.approx((truth == 0).mean(), abs=3 * np.std(shares) / 20)


def test_a_sample_prefers_disagreement_and_rare_levels_and_follows_its_seed():
    _, labellers = two_labellers()
    chosen = choose(400, labellers, 60, seed=1)
    differs = doubt(labellers)
    # Half of the chance is the same for all posts; the other half goes to posts on which the two differ.
    rare = np.mean([one.chances[:, 3] for one in labellers], axis=0)
    drawn = [choose(400, labellers, 60, seed=seed).places for seed in range(30)]
    assert np.mean([differs[places].mean() for places in drawn]) == pytest.approx(0.5 * differs.mean() + 0.5, abs=0.02)
    assert np.mean([rare[places].mean() for places in drawn]) > 1.4 * rare.mean()
    assert choose(400, labellers, 60, seed=1).places.tolist() == chosen.places.tolist()
    assert choose(400, labellers, 60, seed=2).places.tolist() != chosen.places.tolist()
    assert choose(400, [], 60).propensities == pytest.approx(60 / 400)
    assert sorted(choose(3, labellers, 60).places.tolist()) == [0, 1, 2]
    assert choose(0, [], 5).places.tolist() == []


def votes(*rows, names="1 2 3 4 5 none"):
    codes = np.array([[MISSING if one == "." else int(one) - 1 for one in row.split()] for row in rows])
    return Votes(tuple(f"person {n}" for n in range(len(rows))), tuple(map(str, range(codes.shape[1]))), tuple(names.split()), codes)


def test_alpha_is_that_of_the_worked_examples():
    # Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, example B, by hand: ten units, two observers, values 1 and 2 stand 14 and 6 times.
    # They differ on 4 of 10: observed 8 / 20; expected 2 * 14 * 6 / (20 * 19) = 168 / 380; alpha = 1 - (8 / 20) / (168 / 380) = 0.095.
    found = alpha(votes("1 2 1 1 1 1 1 1 2 1", "2 2 2 1 1 2 1 1 1 1"), np.random.default_rng(0), rounds=200)
    assert found.value == pytest.approx(1 - (8 / 20) / (168 / 380))
    assert found.low < found.value < found.high
    # Example C of the same: four observers, five values, with missing ones: nominal 0.743, ordinal 0.815.
    four = votes("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 .")
    assert alpha(four, np.random.default_rng(0), rounds=10).value == pytest.approx(0.743, abs=5e-4)
    assert alpha(four, np.random.default_rng(0), ordinal=True, rounds=10).value == pytest.approx(0.815, abs=5e-4)


def test_ordinal_alpha_leaves_none_out_and_one_label_has_no_alpha():
    with_none = votes("1 2 3 3 6", "1 2 3 2 1")
    without = votes("1 2 3 3", "1 2 3 2")
    assert alpha(with_none, np.random.default_rng(0), ordinal=True, rounds=10).value == alpha(without, np.random.default_rng(0), ordinal=True, rounds=10).value
    assert alpha(votes("1 1", "1 1"), np.random.default_rng(0)).value is None
    assert alpha(votes("1 .", ". 1"), np.random.default_rng(0)).value is None


def test_kappa_of_a_pair_by_hand():
    # They agree on 3 of 4. By chance: 2 and 3 of 4 say 1, 2 and 1 of 4 say 2, so (2 * 3 + 2 * 1) / 16 = 0.5.
    (found,) = kappas(votes("1 1 2 2 6", "1 1 2 1 ."))
    assert found.posts == 4
    assert found.kappa == pytest.approx((0.75 - 0.5) / (1 - 0.5))
    assert found.quadratic == pytest.approx(found.kappa)


def test_words_in_common():
    def said(*places):
        return Label("survival", tuple(Span(start=a, end=b, text="x" * (b - a)) for a, b in places))

    sides = [("p", said((0, 10), (20, 30)), said((0, 10))), ("q", said((0, 10)), said((5, 15))), ("r", said((0, 5)), Label(NONE))]
    found = span_agreement("ana", "llm:m", sides, np.random.default_rng(0))
    assert found.kind == "a person and a model"
    assert found.posts == 2
    assert (found.exact_precision, found.exact_recall, found.exact_f1.value) == (1 / 2, 1 / 3, 2 / 5)
    assert (found.characters_precision, found.characters_recall, found.characters_f1.value) == (15 / 20, 15 / 30, 30 / 50)
    # The same labels again are no more evidence: posts are drawn, not labels.
    again = span_agreement("ana", "llm:m", [side for side in sides for _ in range(9)], np.random.default_rng(0))
    assert (again.posts, again.exact_f1.low, again.exact_f1.high) == (2, found.exact_f1.low, found.exact_f1.high)
    assert span_agreement("ana", "bo", sides[2:], np.random.default_rng(0)) is None


def test_dawid_skene_finds_who_errs_where_a_majority_does_not():
    draw = np.random.default_rng(3)
    truth = draw.choice(3, 600, p=[0.5, 0.3, 0.2])
    # Two good annotators, and three who take the second label for the first most of the time.
    good = np.full((3, 3), 0.05) + 0.85 * np.eye(3)
    poor = np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.2, 0.2, 0.6]])
    tables = [good, good, poor, poor, poor]
    codes = np.array([(table[truth].cumsum(axis=1) < draw.random(600)[:, None]).sum(axis=1).clip(max=2) for table in tables])
    codes[draw.random(codes.shape) < 0.1] = MISSING
    chances, said = dawid_skene(codes, 3)
    found = truth_of(Votes(tuple("abcde"), tuple(map(str, range(600))), ("x", "y", "z"), codes))
    majority = found.chances[:0] if found.rule == "majority" else (codes[:, :, None] == np.arange(3)).sum(axis=0).argmax(axis=1)
    assert (chances.argmax(axis=1) == truth).mean() > (majority == truth).mean() + 0.1
    assert np.abs(said - np.array(tables)).max() < 0.15
    assert found.rule == "Dawid-Skene"
    assert found.chances.sum(axis=1) == pytest.approx(1)
    assert found.accuracy["a"] > 0.85 > 0.65 > found.accuracy["c"]


def test_a_level_that_nobody_names_has_no_trace_of_a_chance():
    found = truth_of(votes("1 2 3 1 2 3 2", "1 2 3 1 2 3 1", "1 2 3 1 2 2 1"))
    assert (found.chances[:, 3:] == 0).all()
    assert found.chances.argmax(axis=1).tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_two_people_are_a_majority_and_a_tie_counts_in_parts():
    found = truth_of(votes("1 2", "1 3"))
    assert (found.rule, found.tied) == ("majority", 1)
    assert found.chances[1].tolist() == [0, 0.5, 0.5, 0, 0, 0]


@pytest.mark.parametrize("is_even", [True, False])
def test_corrected_shares_cover_the_truth_and_naive_ones_do_not(is_even):
    draw = np.random.default_rng(7)
    true = np.array([0.5, 0.3, 0.05, 0.15])
    errs = np.array([[0.8, 0.1, 0.05, 0.05], [0.2, 0.7, 0.05, 0.05], [0.1, 0.2, 0.6, 0.1], [0.05, 0.05, 0.1, 0.8]])
    runs = 120
    held = dict.fromkeys(("naive", "people", "corrected", "powered", "unweighted"), 0)
    widths = dict.fromkeys(held, 0.0)
    for run in range(runs):
        truth = draw.choice(4, 3000, p=true)
        said = (errs[truth].cumsum(axis=1) < draw.random(3000)[:, None]).sum(axis=1).clip(max=3)
        # Drawn evenly, or those first on which this labeller and a better one differ: more of its errors than of its other labels.
        better = np.where(draw.random(3000) < 0.9, truth, said)
        labellers = [] if is_even else [Labels(("a", "b", "c", NONE), np.eye(4)[one]) for one in (said, better)]
        chosen = choose(3000, labellers, 250, seed=run)
        checked = Checked(said, said[chosen.places], np.eye(4)[truth[chosen.places]], 1 / chosen.propensities)
        ways = (naive(checked, draw, 200), people(checked), corrected(checked, draw, 200), prediction_powered(checked))
        ways += (prediction_powered(checked._replace(weights=np.ones(250))),)
        for name, (_, low, high) in zip(held, ways, strict=True):
            held[name] += ((low <= true) & (true <= high)).mean() / runs
            widths[name] += (high - low).mean() / runs
    assert held["naive"] < 0.4
    for name in ("people", "corrected", "powered"):
        assert 0.91 < held[name] <= 0.99, (name, held)
    assert widths["powered"] < widths["people"]
    assert (held["unweighted"] > 0.9) == is_even, held


def test_a_confusion_is_weighted_and_sums_to_the_posts():
    checked = Checked(np.array([0, 1]), np.array([0, 1, 1]), np.array([[1.0, 0], [0.5, 0.5], [0, 1.0]]), np.array([2.0, 1, 1]))
    assert confusion(checked) == pytest.approx(np.array([[2, 0.5], [0, 1.5]]) * 0.75)


def labelled_by(**said):
    """Labels of posts 0, 1, 2 and so on, by annotator; underscores stand for colons."""
    names = {str(n + 1): level.id for n, level in enumerate(FINANCIAL.levels)} | {"n": NONE}
    labels = {(str(post), who.replace("_", ":")): Label(names[one]) for who, row in said.items() for post, one in enumerate(row) if one != "."}
    return Labelled(labels, {str(n): f"Text {n}" for n in range(max(map(len, said.values())))}, {})


def test_models_are_told_apart_from_people():
    found = assess(labelled_by(ana="1122n", bo="1123n", llm_a="11111", llm_b="11112"), FINANCIAL)
    assert [(one.group, one.annotators) for one in found.alpha] == [("people", ("ana", "bo")), ("models", ("llm:a", "llm:b"))]
    assert {(one.first, one.second): one.kind for one in found.kappa}["ana", "llm:a"] == "a person and a model"
    assert found.reference.people == ("ana", "bo")
    assert "not accuracy" in found.notes[0]
    assert found.alpha[0] == assess(labelled_by(ana="1122n", bo="1123n"), FINANCIAL).alpha[0]


def test_a_labeller_is_not_held_against_models(tmp_path):
    (tmp_path / "m.jsonl").write_text('{"id": 1, "post_id": "0", "level": 1}\n')
    posts = {"0": "Text 0", "1": "Text 1"}
    predicted = read_predicted(tmp_path / "m.jsonl", posts, FINANCIAL)
    with pytest.raises(errors.ConfigError, match="Only language models"):
        assess(labelled_by(llm_a="11"), FINANCIAL, predicted, list(posts))
    with pytest.raises(errors.ConfigError, match="Nobody has labelled"):
        assess(Labelled({}, {"0": "Text"}, {}, 1), FINANCIAL)
    found = assess(labelled_by(ana="12"), FINANCIAL, predicted, list(posts))
    assert found.labeller.accuracy.value == 0.5
    assert found.labeller.assumed == tuple(level.id for level in FINANCIAL.levels[1:])
    assert found.labeller.confusion[1][-1] == 1.0
    assert any("Fewer than 5 posts" in note for note in found.notes)
    assert any("no propensity" in note for note in found.notes)


def test_mentions_as_a_labeller(tmp_path):
    lines = [
        {"id": 1, "post_id": "0", "level": 3, "confidence": 0.6, "evidence": ["Text 0"]},
        {"id": 2, "post_id": "0", "level": 1, "confidence": 0.9, "evidence": ["Text 9", "Text"]},
        {"id": 2, "post_id": "0", "level": 1},
        {"id": 3, "post_id": "7", "level": 1},
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n{")
    found = read_predicted(tmp_path / "m.jsonl", {"0": "Text 0", "1": "Text 1"}, FINANCIAL)
    assert found.labels.best == ["survival", NONE]
    assert found.several == 1
    assert found.left_out == {"duplicate_id": 1, "malformed": 1, "not_verbatim": 1, "unknown_post": 1}
    assert [span.text for span in found.spans["0"]] == ["Text"]
