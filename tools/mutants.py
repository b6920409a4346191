"""Breaks the code on purpose, one place at a time, and expects a test to notice each."""

import importlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

# Imported once, before each mutant's process is forked: nothing of the package itself, which every mutant has its own copy of.
IMPORTED = "numpy torch scipy.sparse polars pydantic sqlalchemy structlog typer httpx jinja2 PIL.Image sklearn.linear_model sklearn.svm".split()
IMPORTED += "sklearn.feature_extraction.text sklearn.decomposition bibtexparser pylatexenc.latexwalker latex2mathml.converter".split()
# Some of them bring a pytest plugin whose asserts nobody needs rewritten.
REWRITTEN = "ignore::pytest.PytestAssertRewriteWarning"
CORES = os.cpu_count() or 1
ROOT = Path(__file__).resolve().parent.parent


class Mutant(NamedTuple):
    """A change in one file, and the tests that should notice it."""

    name: str
    file: str
    before: str
    after: str
    tests: str


SLATE, TEXT, RULES = "tests/unit/test_report_slate.py", "tests/unit/test_report_text.py", "tests/unit/test_report_rules.py"
MARKDOWN, DAY = "tests/unit/test_report_markdown.py", "tests/recipes/test_report_day.py"
METRICS, CORE = "tests/unit/test_metrics_", "tests/unit/test_core_"
WORLD = "tests/unit/test_sample_world_"
SOLVERS = WORLD + "truths.py::test_the_solver_finds_the_truth_in_every_world_and_not_in_its_control"
TURNS, CONTRAST = "tests/unit/test_represent_muco.py", "tests/unit/test_core_contrast.py"
CLI, EMBEDDERS = "tests/api/test_cli.py::test_a_fault_is_two_lines_with_its_exit_code_and_leaves_nothing", "tests/stage/test_embedders.py"
BENCH, RETRIEVAL = "tests/recipes/test_bench_report.py", "tests/recipes/test_bench_retrieve.py::test_"
BEAM, IDS, SEQUENCES = (
    "tests/unit/test_retrieve_decoding.py::test_",
    "tests/unit/test_retrieve_tokenizer.py::test_",
    "tests/unit/test_sources_interactions.py::test_",
)
MUTANTS = [
    Mutant("slate: no place for an interest", "report/slate.py", "if best_of[i] and not slate.take_first(best_of[i])", "if False", SLATE),
    Mutant("slate: worst score first", "report/slate.py", "(-scores[row], row)", "(scores[row], row)", SLATE),
    Mutant("slate: budget off by one", "report/slate.py", "len(self.rows) >= self.budget", "len(self.rows) > self.budget", SLATE),
    Mutant("slate: near-copies are taken", "report/slate.py", "< self.floor", "< 0", SLATE),
    Mutant("slate: rows that are not eligible", "report/slate.py", "_order(scores, eligible)", "_order(scores, range(len(scores)))", SLATE),
    Mutant(
        "sentences: offsets off by one", "report/sentences.py", "start + len(part) - len(part.lstrip())", "start + len(part) - len(part.lstrip()) + 1", TEXT
    ),
    Mutant("sentences: maths is cut", "report/sentences.py", "if inside or small or", "if small or", TEXT),
    Mutant("key sentences: the reader is ignored", "report/sentences.py", "about / (4", "0 * about / (4", TEXT),
    Mutant("changes: what went is lost", "report/changes.py", 'found.append(Edit(op="out"', 'str(Edit(op="out"', TEXT),
    Mutant("links: any scheme", "report/references.py", 'return url if re.match(r"https?://[^\\s\\"\'<>]+$", url, re.IGNORECASE) else ""', "return url", TEXT),
    Mutant("links: wrong version", "report/references.py", "v{item.version}", "v1", TEXT),
    Mutant("rules: inside words always", "report/rules.py", "words if self.inside_words else", "words if True else", RULES),
    Mutant("rules: exclusion is ignored", "report/ranking.py", "for rule in profile.exclude:", "for rule in ():", RULES),
    Mutant("rules: case matters", "report/rules.py", "re.compile(self.regex, re.IGNORECASE)", "re.compile(self.regex)", RULES),
    Mutant("markdown: the pipe is not escaped", "report/render/markdown.py", '.replace("|", "\\\\|")', "", MARKDOWN),
    Mutant(
        "markdown: newlines stay", "report/render/markdown.py", '85\\u2028\\u2029]", " ", text).replace', '85\\u2028\\u2029]", "\\n", text).replace', MARKDOWN
    ),
    Mutant("markdown: tags vanish", "report/render/markdown.py", 'r"|<(?=[A-Za-z/!?])"', 'r"|\\0"', MARKDOWN),
    Mutant("markdown: authors resolved in the reference form", "report/render/markdown.py", "if cell is _folded", "if False", MARKDOWN),
    Mutant(
        "merge: told apart by title",
        "sources/merge.py",
        "announcement.item.announced, announcement.item.id",
        "announcement.item.announced, announcement.item.title",
        "tests/unit/test_sources_merge.py",
    ),
    Mutant(
        "merge: the older version stands",
        "sources/merge.py",
        "second.item.version > first.item.version",
        "second.item.version < first.item.version",
        "tests/unit/test_sources_merge.py",
    ),
    Mutant(
        "feeds: HTML is an empty day",
        "sources/feeds.py",
        'raise NotAFeedError(f"{where} is {kind}',
        'return fromstring("<rss><channel/></rss>")\n        raise NotAFeedError(f"{where} is {kind}',
        CLI,
    ),
    Mutant(
        "read: an empty file is an empty day",
        "sources/read.py",
        'raise EmptySourceError(f"{path} is empty."',
        'return b"<rss><channel/></rss>"\n        raise EmptySourceError(f"{path} is empty."',
        CLI,
    ),
    Mutant("ids: month 13", "sources/arxiv_id.py", "if 1 <= int(month) <= 12 and", "if", "tests/unit/test_sources_arxiv_id.py"),
    Mutant(
        "tf-idf: unseen words cost nothing",
        "represent/tfidf.py",
        "square += weight * weight",
        "square += weight * weight if column is not None else 0.0",
        EMBEDDERS + "::TestTfidf",
    ),
    Mutant(
        "minilm: padding is averaged in",
        "represent/minilm.py",
        "pooled = (states * mask).sum(1)",
        "pooled = states.sum(1)",
        EMBEDDERS + "::TestMiniLM::test_a_text_is_embedded_the_same_alone_and_in_company",
    ),
    Mutant(
        "why: shares are doubled",
        "report/why.py",
        "float(-np.expm1(scoring.utilities(int(j))",
        "2 * float(-np.expm1(scoring.utilities(int(j))",
        DAY + "::test_taking_away_named_evidence_lowers_the_score",
    ),
    Mutant(
        "why: farthest instead of nearest",
        "report/why.py",
        "np.argsort(-scoring.kernel[row]",
        "np.argsort(scoring.kernel[row]",
        DAY + "::test_taking_away_named_evidence_lowers_the_score",
    ),
    Mutant(
        "affinity: far papers count as near",
        "report/affinity.py",
        "np.expm1(config.lexical_alone * np.clip(lexical, 0, 1))",
        "np.expm1(-config.lexical_alone * np.clip(lexical, 0, 1)) + 1",
        "tests/unit/test_ranker_signals.py",
    ),
    Mutant(
        "archive: a rerun keeps what was there",
        "core/files.py",
        "        shutil.rmtree(before, ignore_errors=True)\n        if path.exists():\n            path.rename(before)",
        "        for old in path.iterdir() if path.exists() else []:\n            if not (stage / old.name).exists():\n                shutil.copy(old, stage / old.name)\n        shutil.rmtree(before, ignore_errors=True)\n        if path.exists():\n            path.rename(before)",
        DAY + "::test_a_rerun_replaces_its_day_and_gives_the_same_bytes",
    ),
    Mutant("files: a link is replaced", "core/files.py", "os.path.realpath(path)", "path", CORE + "files.py"),
    Mutant("artefacts: hashes are not checked", "core/artifacts.py", "or file_hash(path / name) != expected", "", CORE + "artifacts.py"),
    Mutant("embeddings: another model's vectors are taken", "core/embeddings.py", "if kept.model == model:", "if True:", CORE + "embeddings.py"),
    Mutant("store: passwords are shown", "core/store.py", ':.*@", r"\\1:***@', '(:.*@)", r"\\1\\2', CORE + "store.py"),
    Mutant("store: a bare @ makes the password a host", "core/store.py", 'if "@" in (address.host or ""):', "if False:", CORE + "store.py"),
    Mutant(
        "authors: papers of the same label are history",
        "report/authors.py",
        "known = self.before(label)",
        "known = self._after(label)",
        "tests/unit/test_report_authors.py",
    ),
    Mutant(
        "authors: names are shown",
        "report/authors.py",
        "bare = Item(id=item.id,",
        "bare = Item(creators=item.creators, id=item.id,",
        "tests/unit/test_report_authors.py",
    ),
    Mutant("bench: a spent budget is ignored", "core/bench/rows.py", "clock() - began >= 60 * budget_minutes", "False", "tests/unit/test_core_bench.py"),
    Mutant(
        "choice: the calibration is ignored",
        "report/ranker/choice.py",
        "expit(_calibrating(utility) @ self.calibration)",
        "expit(utility)",
        "tests/unit/test_ranker_models.py",
    ),
    Mutant("machine: no bias", "report/ranker/machine.py", "kernel @ self.weights + self.bias", "kernel @ self.weights", "tests/unit/test_ranker_models.py"),
    Mutant(
        "signals: a paper is evidence for itself",
        "report/ranker/signals.py",
        "space: np.where(same, 0.0, values)",
        "space: values",
        "tests/unit/test_ranker_signals.py",
    ),
    Mutant("authors: two papers make a library", "report/authors.py", "LEAST_PAPERS = 3", "LEAST_PAPERS = 2", "tests/unit/test_report_authors.py"),
    Mutant(
        "choice: each paper of a day counts in full",
        "report/ranker/choice.py",
        "day.taken / day.taken.sum()",
        "day.taken",
        "tests/unit/test_ranker_models.py",
    ),
    Mutant(
        "machine: the sides weigh what they number",
        "report/ranker/machine.py",
        "np.diag(ridge / weight)",
        "np.diag(ridge + 0 * weight)",
        "tests/unit/test_ranker_models.py",
    ),
    Mutant(
        "signals: the kernel counts a paper for itself",
        "report/ranker/signals.py",
        "self.kernel = np.where(same, 0.0, kernel(self.cosines",
        "self.kernel = np.where(False, 0.0, kernel({s: cosines[s] for s in cosines}",
        "tests/unit/test_ranker_signals.py",
    ),
    Mutant(
        "signals: lists a reader is never on do not matter",
        "report/ranker/signals.py",
        " + (1 - self.lists) * np.log(1 - share)",
        "",
        "tests/unit/test_ranker_signals.py",
    ),
    Mutant(
        "linked: what belongs together is pushed apart",
        "represent/linked.py",
        "logits.masked_fill(shared & ~own, -torch.inf)",
        "logits",
        "tests/unit/test_represent_linked.py::test_items_of_one_group_are_never_each_others_negatives",
    ),
    Mutant(
        "stream: papers of the day are known",
        "report/ranker/stream.py",
        "known = self.days.before(label)",
        "known = self.days._after(label)",
        BENCH + "::test_who_wrote_the_day_changes_no_signal_of_it",
    ),
    Mutant(
        "stream: links are learnt from all that is ever written",
        "report/ranker/stream.py",
        "[row for row in rows if row < known]",
        "list(rows)",
        BENCH + "::test_what_is_taken_on_a_day_or_written_after_it_moves_nothing_of_the_day",
    ),
    Mutant(
        "forward: fitted after the day is known",
        "report/bench/forward.py",
        "yield _judged(arm, seen, day, choice)",
        "yield _judged(arm, seen, day, fit_choice(past, columns_of(past)))",
        BENCH + "::test_what_is_taken_on_a_day_or_written_after_it_moves_nothing_of_the_day",
    ),
    Mutant(
        "summary: random is not given the rate",
        "report/bench/summary.py",
        'rows[0].arm == "random"',
        'rows[0].arm == "nobody"',
        BENCH + "::test_the_table_has_every_row_and_ours_is_above_chance",
    ),
    Mutant(
        "bench: names are kept",
        "report/bench/forward.py",
        "return hashlib.sha256(name.encode()).hexdigest()[:12]",
        "return name",
        BENCH + "::test_no_name_is_kept",
    ),
    Mutant(
        "exploration: another propensity than the draw's",
        "report/exploration.py",
        "ends = np.cumsum(propensity[order])",
        "ends = np.cumsum(np.full(total, count / total))",
        "tests/unit/test_report_exploration.py",
    ),
    Mutant(
        "sections: a replacement is new",
        "report/model.py",
        'Announce.REPLACE: "updated"',
        'Announce.REPLACE: "new"',
        DAY + "::test_the_page_of_the_reference_day_has_five_new_one_cross_three_updated",
    ),
    Mutant(
        "page: the sample is not marked",
        "report/render/templates/report.html",
        "{% if report.fictional %}<p",
        "{% if false %}<p",
        DAY + "::test_the_sample_is_marked_fictional_in_every_form",
    ),
    Mutant(
        "metrics: the discount is a place late", "core/metrics/ranking.py", "np.log2(slots.position + 1)", "np.log2(slots.position + 2)", METRICS + "ranking.py"
    ),
    Mutant("metrics: ties by their first place", "core/metrics/ranking.py", "size=(above - below)[::-1]", "size=np.ones_like(above)", METRICS + "ranking.py"),
    Mutant(
        "metrics: skill against one half",
        "core/metrics/probability.py",
        "float(truths.mean()) if base_rate is None",
        "0.5 if base_rate is None",
        METRICS + "probability.py",
    ),
    Mutant(
        "metrics: Gini of the wrong sign",
        "core/metrics/beyond.py",
        "(weights * shares).sum() / (n * total)",
        "-(weights * shares).sum() / (n * total)",
        METRICS + "beyond.py",
    ),
    Mutant(
        "metrics: clusters are ignored",
        "core/metrics/resample.py",
        "if clusters is None:\n        return _Units",
        "if True:\n        return _Units",
        METRICS + "resample.py",
    ),
    Mutant(
        "world: order does not matter",
        "sample/world/encounters.py",
        "choose(q_first, 2,",
        "choose(0 * q_first, 2,",
        WORLD + "truths.py::test_a_rival_that_lacks_what_it_takes_is_at_chance",
    ),
    Mutant("world: twins do not tire", "sample/world/feed.py", "weight[paired, twin[paired]] = s.TWIN", "weight[paired, twin[paired]] = 0.0", SOLVERS),
    Mutant("world: copies tell something else", "sample/world/writing.py", "if copies else row", "if False else row", SOLVERS),
    Mutant(
        "world: the desk tells another climb",
        "sample/world/posting.py",
        "traits.climb if config.plants",
        "traits.climb if not config.plants",
        SOLVERS,
    ),
    Mutant(
        "world: the propensity of the wrong slot",
        "sample/world/policy.py",
        "propensity[:, slot] = chance[rows, picked]",
        "propensity[:, slots - 1 - slot] = chance[rows, picked]",
        WORLD + "policy.py",
    ),
    Mutant("world: papers come back", "sample/world/policy.py", "left[rows, picked] = False", "left[rows, 0] = left[rows, 0]", WORLD + "policy.py"),
    Mutant("world: spans off by one", "sample/world/posting.py", "len(text) + evidence.start()", "len(text) + evidence.start() + 1", WORLD + "texts.py"),
    Mutant("world: members met the originals", "sample/world/encounters.py", "met = (turn > 0)", "met = (turn >= 0)", "tests/unit/test_sample_world.py"),
    Mutant("turns: a later turn is seen", "represent/muco/packing.py", ".tril()", ".tril(40)", TURNS + "::test_a_packed_turn_is_that_of_its_own_prefix_pass"),
    Mutant(
        "turns: blocks go on counting",
        "represent/muco/packing.py",
        'shared if history == "block" else start',
        "start",
        TURNS + "::test_with_block_history_a_turn_is_that_of_a_pass_alone",
    ),
    Mutant(
        "turns: the tower runs for every place",
        "represent/muco/model.py",
        "self.backbone.look(sight)",
        "self.backbone.look(self.backbone.look(sight))",
        TURNS + "::test_a_packed_turn_is_that_of_its_own_prefix_pass",
    ),
    Mutant("contrast: turns of one image are negatives", "core/contrast.py", "together & ~own & ~hard", "together & own", CONTRAST),
    Mutant("contrast: equal texts are negatives", "core/contrast.py", "same_text & ~own & ~hard", "same_text & own", CONTRAST),
    Mutant("contrast: hard negatives of another turn count", "core/contrast.py", "(together & ~same_turn) | same_text", "same_text", CONTRAST),
    Mutant("gradcache: dropout is drawn anew", "represent/muco/gradcache.py", "        _set_random_state(state)\n", "", CONTRAST),
    Mutant("images: the size is not looked at", "core/images.py", "if width * height > most_pixels:", "if False:", CORE + "images.py"),
    Mutant("embeddings: a picture is named by its path", "core/component.py", "{image_hash(self.image)}", "{self.image}", CORE + "embeddings_multimodal.py"),
    Mutant(
        "beam: not renormalised",
        "retrieve/decoding/beam.py",
        " - _log_sums(given, parent, len(beams.owners))[parent]",
        "",
        BEAM + "the_exact_mode_gives_the_likelihood_of_every_item",
    ),
    Mutant(
        "beam: what is gone is walked",
        "retrieve/decoding/beam.py",
        "if any(len(view.part.gone)",
        "if False and any(len(view.part.gone)",
        BEAM + "after_ten_thousand_inserts_and_deletes_answers_are_those_of_a_trie_built_anew",
    ),
    Mutant(
        "beam: filters are ignored",
        "retrieve/decoding/beam.py",
        "if not all(view.everything",
        "if False and all(view.everything",
        BEAM + "a_filter_gives_all_it_lets_through_in_the_exact_order_with_the_scores_they_have_without_it",
    ),
    Mutant(
        "beam: hidden from all",
        "retrieve/decoding/beam.py",
        "within(self.hidden, low + shift, high + shift)",
        "within(self.hidden, low, high)",
        BEAM + "what_is_hidden_is_hidden_from_its_own_request_alone",
    ),
    Mutant("trie: collisions pass", "retrieve/decoding/trie.py", "if len(same):", "if False:", BEAM + "codes_out_of_range_and_collisions_are_refused"),
    Mutant(
        "ids: collisions stay",
        "retrieve/tokenizer/codebook.py",
        "if len(rows) > len(np.unique(codes[rows, -1])):",
        "if False:",
        IDS + "there_is_no_collision_however_many_items_or_equal_vectors",
    ),
    Mutant(
        "sequences: validation is trained on",
        "sources/leave_one_out.py",
        "row[:-2] if len(row) >= 3",
        "row[:-1] if len(row) >= 3",
        SEQUENCES + "the_last_item_is_tested_on_the_one_before_it_chooses_and_neither_is_trained_on",
    ),
    Mutant(
        "co-occurrence: one direction",
        "retrieve/baselines.py",
        "counts + counts.T",
        "counts + counts",
        SEQUENCES + "cooccurrence_against_counting_pairs_one_by_one",
    ),
    Mutant(
        "softmax: the own item is not taken off",
        "core/softmax.py",
        "chances.new_full(own.shape, -1.0)",
        "chances.new_full(own.shape, 0.0)",
        CORE + "softmax.py::test_value_and_gradients_are_those_of_the_plain_cross_entropy",
    ),
    Mutant(
        "cold: hidden items are trained on",
        "retrieve/bench/cold.py",
        "Ragged.of(row[row < warm] for row in split.train)",
        "Ragged.of(row for row in split.train)",
        RETRIEVAL + "hidden_items_are_in_nothing_that_is_trained_on_or_chosen_by",
    ),
    Mutant(
        "bundle: modalities in another order",
        "retrieve/retriever.py",
        'stems = told["contents"]',
        'stems = sorted(told["contents"])',
        "tests/stage/test_retriever.py::test_modalities_keep_their_order_and_a_newcomer_is_placed_by_them_after_loading_too",
    ),
    Mutant(
        "generator: the dense head's trunk",
        "retrieve/hybrid.py",
        "states[:, : index.model.table.width] if index.model.writer is None else index.model.read(asked, writing=True)",
        "states[:, : index.model.table.width]",
        "tests/unit/test_retrieve_hybrid.py::test_every_candidate_has_every_feature_whoever_found_it",
    ),
]


class Passed:
    """Counts tests that passed."""

    count = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one phase of one test."""
        self.count += report.when == "call" and report.passed


def run_tests(tests: str, mutant: Mutant, folder: Path) -> int:
    """Run tests on a copy of the source, changed by a mutant; return pytest's exit code and write what passed. This process ends with it."""
    source = folder / "src"
    path = source / "broadsheet" / mutant.file
    path.write_text(path.read_text(encoding="utf-8").replace(mutant.before, mutant.after), encoding="utf-8")
    sys.path.insert(0, str(source))
    os.environ.update(PYTHONPATH=str(source), OMP_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1")
    os.chdir(ROOT)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    passed = Passed()
    code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", REWRITTEN, "-k", "not dense and not every_shared_day", tests], plugins=[passed]))
    (folder / "passed").write_text(str(passed.count), encoding="utf-8")
    return code


def begin(tests: str, mutant: Mutant, folder: Path) -> int:
    """Fork a process that runs the tests, libraries imported already; return its number, or 0 where the mutant's place is gone."""
    if mutant.before not in (ROOT / "src" / "broadsheet" / mutant.file).read_text(encoding="utf-8"):
        return 0
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"), symlinks=True)
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        code = run_tests(tests, mutant, folder)
    finally:
        os._exit(code)


class Done(NamedTuple):
    """The exit code of a run, -1 where a mutant's place is gone, and how many of its tests passed."""

    code: int = -1
    passed: int = 0


def run_all(runs: list[tuple[str, Mutant]]) -> list[Done]:
    """Run the tests of all, as many at once as there are cores."""
    found = [Done()] * len(runs)
    with tempfile.TemporaryDirectory() as name:
        waiting, running = list(enumerate(runs)), {}
        while waiting or running:
            while waiting and len(running) < CORES:
                number, (tests, mutant) = waiting.pop(0)
                child = begin(tests, mutant, Path(name) / str(number))
                if child:
                    running[child] = number
            if running:
                child, status = os.wait()
                number = running.pop(child)
                folder = Path(name) / str(number)
                passed = folder / "passed"
                found[number] = Done(os.waitstatus_to_exitcode(status), int(passed.read_text(encoding="utf-8")) if passed.exists() else 0)
                shutil.rmtree(folder)
    return found


def main() -> int:
    """Try every mutant, or those whose name holds the first argument, on tests that pass as things stand: `make test` says whether they do."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [m for m in MUTANTS if wanted in m.name]
    for name in IMPORTED:
        importlib.import_module(name)
    done = dict(zip(chosen, run_all([(m.tests, m) for m in chosen]), strict=True))
    skipped = [m for m, run in done.items() if run.code == 0 and not run.passed]
    alive = [m for m, run in done.items() if run.code != 1 and m not in skipped]
    for mutant in skipped:
        print(f"not tried: {mutant.name}: its tests are skipped here")
    for mutant in alive:
        code = done[mutant].code
        print(f"alive: {mutant.name}: " + {0: "no test noticed it", -1: "its place is not there any more"}.get(code, f"pytest ended with {code}"))
    tried = len(chosen) - len(skipped)
    print(f"{tried} mutants, {tried - len(alive)} killed, {len(alive)} alive")
    return min(1, len(alive))


if __name__ == "__main__":
    sys.exit(main())
