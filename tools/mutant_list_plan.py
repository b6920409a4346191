"""Changes that break the stage plan, and the tests that should notice."""

from mutant_list import Mutant

BENCH = "tests/recipes/test_bench_plan.py::test_"
BUNDLE = "tests/unit/test_plan_bundle.py::test_"
CHOICE = "tests/unit/test_plan_policy_choice.py::test_"
COAT = "tests/unit/test_plan_coat.py::test_"
COMPARED = "tests/unit/test_plan_evaluate.py::test_"
CRITIC = "tests/unit/test_plan_llm_critic.py::test_"
DATA = "tests/unit/test_plan_datasets.py::test_"
GAE = "tests/unit/test_plan_policy_gae.py::test_"
GAMES = "tests/unit/test_plan_published.py::test_"
LLM_PLANNER = "tests/unit/test_plan_llm_planner.py::test_"
LLM_TABLE = "tests/unit/test_plan_llm_table.py::test_"
MODELS = "tests/unit/test_plan_models.py::test_"
OFFLINE = "tests/unit/test_plan_offline.py::test_"
ORACLES = "tests/unit/test_plan_oracles.py::test_"
PAGE = "tests/recipes/test_report_planned.py::test_"
PLANNING = "tests/unit/test_plan_planning.py::test_"
POLICY = "tests/unit/test_plan_policy.py::test_"
READING = "tests/unit/test_plan_llm_reading.py::test_"
RULES = "tests/stage/test_plan_agents.py::test_"
SLATES = "tests/unit/test_plan_environment.py::test_"
TOLD = "tests/unit/test_plan_told.py::test_"
TRAPS = "tests/unit/test_plan_traps.py::test_"
PLAN = [
    Mutant(
        "offline: dr forgets what the model says",
        "plan/offline/estimators.py",
        "_of_slates(log, weight * (log.liked - log.chance) * log.shown)",
        "_of_slates(log, weight * log.liked * log.shown)",
        OFFLINE + "over_many_logs_estimates_are_unbiased_and_dr_errs_no_more_than_ips",
    ),
    Mutant(
        "replay: a miss is no error",
        "plan/replay.py",
        "if not self.lenient:",
        "if False:",
        BUNDLE + "a_plan_that_was_not_recorded_is_an_error_or_counted",
    ),
    Mutant(
        "environment: categories of like meaning tire nobody",
        "plan/environment/readers.py",
        "(items.weights @ truth.kernel)",
        "(items.weights)",
        SLATES + "a_session_told_in_plain_python_is_the_same[near duplicates, tides, windows]",
    ),
    Mutant(
        "environment: what is shown again is as welcome",
        "plan/environment/readers.py",
        "against += np.float32(laws.repeat) * before",
        "pass",
        SLATES + "a_constant_loop_never_pays_and_turning_it_is_no_help",
    ),
    Mutant(
        "environment: luck by place",
        "plan/environment/readers.py",
        'self._laid.luck.take(at, mode="clip", out=words[:-1])',
        "words[:-1] = np.arange(len(at), dtype=np.uint64)[:, None]",
        SLATES + "two_policies_meet_the_same_luck_with_the_same_item",
    ),
    Mutant(
        "environment: an end is of two kinds",
        "plan/environment/slates.py",
        "truncated &= ~terminated",
        "pass",
        SLATES + "chances_are_chances_and_no_end_is_of_two_kinds",
    ),
    Mutant(
        "plan rules: a widened plan counts as the planner's",
        "plan/planning.py",
        "source[empty | short] = Source.FALLBACK",
        "source[empty] = Source.FALLBACK",
        PLANNING + "a_mask_is_what_sets_of_categories_say",
    ),
    Mutant(
        "plan rules: masks multiply",
        "plan/agents/filling.py",
        "key = -values - span * ranks",
        "key = -values * ranks",
        PLANNING + "a_rank_counts_before_any_value",
    ),
    Mutant(
        "plan rules: clusters read everybody's histories",
        "plan/planners/thompson.py",
        "kept = train[user]",
        "kept = train[user] | True",
        RULES + "clusters_read_the_histories_of_train_users_alone",
    ),
    Mutant(
        "plan rules: settings are chosen on test users",
        "plan/evaluate/choose.py",
        "users = pair.material.of(Split.VALIDATION)",
        "users = pair.material.of(Split.TEST)",
        ORACLES + "settings_are_chosen_on_validation_users_and_the_agents_own_model",
    ),
    Mutant(
        "llm planner: a fallback counts as the model's",
        "plan/planners/llm.py",
        "np.where(lost, Source.FALLBACK, source)",
        "source",
        LLM_PLANNER + "what_is_no_plan_is_asked_for_once_more_and_falls_back",
    ),
    Mutant(
        "llm planner: what is not available is planned",
        "plan/planners/llm.py",
        "np.where(named & state.available[rows],",
        "np.where(named,",
        LLM_PLANNER + "plans_are_of_available_categories_that_were_named_or_are_fallbacks",
    ),
    Mutant(
        "llm planner: a rule's plans count as a model's",
        "plan/planners/llm.py",
        "MADE_BY_LLM: Final = (Source.LLM,",
        "MADE_BY_LLM: Final = (Source.LLM, Source.RULE,",
        LLM_PLANNER + "without_a_model_plans_are_of_a_rule_and_no_llm",
    ),
    Mutant(
        "plan prompt: categories by their numbers",
        "plan/planners/prompt.py",
        'f"{names[row]} ({_LEVELS[level]})"',
        'f"{row} ({_LEVELS[level]})"',
        LLM_PLANNER + "what_is_asked_names_categories_and_enumerates_them",
    ),
    Mutant(
        "published: the window's slice is mended unasked",
        "plan/environment/published/quits.py",
        "np.where((start < 0) & window_bug, start + step, start)",
        "start",
        GAMES + "coat_vectorised_equals_plain_python_over_a_hundred_thousand_steps",
    ),
    Mutant(
        "published: the leaving round gives nothing",
        "plan/environment/published/game.py",
        "rows[which], reward[which]",
        "rows[which], (reward * ~leaves)[which]",
        GAMES + "the_reward_of_the_round_in_which_a_reader_leaves_counts",
    ),
    Mutant(
        "plan bench: the test chooses",
        "plan/bench/honest.py",
        "pair.material.of(Split.VALIDATION)",
        "users",
        BENCH + "the_reference_is_chosen_on_validation_and_not_on_the_test",
    ),
    Mutant(
        "plan bench: fits know the truth",
        "plan/bench/honest.py",
        'identity = {"material": case.identity["material"]}',
        "identity = dict(case.identity)",
        BENCH + "a_fit_does_not_know_the_truth",
    ),
    Mutant(
        "plan compare: a seed's sessions are told apart",
        "plan/evaluate/compare.py",
        "paired_permutation(differences.sum(axis=1), np.zeros(len(common))",
        "paired_permutation(differences.sum(axis=0), np.zeros(differences.shape[1])",
        COMPARED + "what_all_users_of_a_seed_share_is_told_over_seeds",
    ),
    Mutant(
        "policy: a mask is multiplied",
        "plan/policy/slates.py",
        "self.left = scores.masked_fill(~within, BARRED)",
        "self.left = scores * within",
        CHOICE + "no_score_however_low_lets_a_barred_candidate_in",
    ),
    Mutant(
        "policy: who left has a future",
        "plan/policy/gae.py",
        "(live[:, at] & ~terminated[:, at])",
        "live[:, at]",
        GAE + "a_reader_who_leaves_has_no_future",
    ),
    Mutant(
        "policy: the horizon has no future",
        "plan/policy/rollout.py",
        "values[:, len(rounds)] = actor.worth(seen).numpy()",
        "pass",
        POLICY + "the_last_round_before_the_horizon_has_a_future",
    ),
    Mutant(
        "policy: test users are part of a run",
        "plan/fit.py",
        "used = np.flatnonzero(material.split != Split.TEST)",
        "used = np.arange(len(material.split))",
        POLICY + "test_users_change_no_bit_of_what_is_trained",
    ),
    Mutant(
        "pairs: test users have a say in beliefs",
        "plan/models/belief.py",
        "every.where(of == Split.TRAIN), ",
        "every.where(of != Split.VALIDATION), ",
        MODELS + "data_of_test_users_change_no_bit_of_what_is_trained_and_of_others_scores",
    ),
    Mutant(
        "pairs: an event of the truth explains itself",
        "plan/environment/fitted.py",
        "others = events.where(fold != number)",
        "others = events",
        MODELS + "no_event_explains_itself_and_a_user_of_no_event_is_like_any",
    ),
    Mutant(
        "bench: further seeds have a budget of their own",
        "plan/bench/honest.py",
        "began=self.began, ",
        "",
        BENCH + "further_seeds_have_no_budget_of_their_own",
    ),
    Mutant(
        "bench: a table's rows are not named by what filled it",
        "plan/bench/honest.py",
        "if planner in plan.filled:",
        "if False:",
        BENCH + "another_model_or_other_codes_of_a_table_are_other_rows",
    ),
    Mutant(
        "truth: what is told worse than by chance is turned round",
        "plan/environment/fitted.py",
        "if line[1] <= 0:",
        "if False:",
        MODELS + "a_truth_is_not_turned_upside_down",
    ),
    Mutant(
        "games: an option of reset that there is not is passed over",
        "plan/environment/published/game.py",
        "stated = known_options(options, OPTIONS)",
        "stated = dict(options or {})",
        GAMES + "a_game_that_has_not_begun_and_an_option_that_there_is_not_are_told",
    ),
    Mutant(
        "replay: plans of a log are not looked at",
        "plan/replay.py",
        "(kind == PLAN and not _is_plan(held))",
        "False",
        TRAPS + "a_plan_of_a_log_that_was_tampered_with_is_told",
    ),
    Mutant(
        "replay: a title ends a line",
        "plan/replay.py",
        "return list(StringIO(text))",
        "return text.splitlines()",
        TRAPS + "every_byte_of_a_log_counts_and_a_title_may_hold_ends_of_lines",
    ),
    Mutant(
        "planning: a plan that holds for ever is over at once",
        "plan/planning.py",
        "np.clip(plans.ttl[which], 1, self.horizon)",
        "np.maximum(plans.ttl[which], 1)",
        TRAPS + "plans_of_no_sense_still_fill_slates",
    ),
    Mutant(
        "bench: a planner that masked nothing is not told of",
        "plan/bench/notes.py",
        "min(planned) >= categories - NEAR",
        "min(planned) > categories",
        TOLD + "a_planner_that_masked_nothing_is_told_of_and_the_control_is_not",
    ),
    Mutant(
        "fit: rules have other luck than the policy",
        "plan/yardsticks.py",
        "env.reset(seed=luck,",
        "env.reset(seed=luck + 1,",
        TOLD + "rules_play_the_sessions_that_weights_are_chosen_by",
    ),
    Mutant(
        "offline: a model that errs is not told of",
        "plan/offline/estimators.py",
        "(dr.low <= direct.high and direct.low <= dr.high)",
        "True",
        TOLD + "it_is_said_which_estimate_to_go_by_and_where_the_model_errs",
    ),
    Mutant(
        "bench: a further planner is looked at when its turn comes",
        "cli/bench_plan.py",
        "        check_planner(within(spec)[1])",
        "        pass",
        TOLD + "a_planner_that_cannot_be_opened_fails_before_anything_is_read",
    ),
    Mutant(
        "bench: a further planner is opened when its turn comes",
        "cli/bench_plan.py",
        "        open_agent(whole(spec), pair.material, slate=pair.slate, horizon=pair.horizon)",
        "        pass",
        TOLD + "a_planner_whose_table_is_not_there_fails_before_any_row",
    ),
    Mutant(
        "policy: trained weights are kept whatever validation prefers",
        "plan/fit.py",
        "    if not best_of(curve)[Columns.STEP]:",
        "    if False:",
        "tests/unit/test_plan_policy.py::test_untrained_weights_are_kept_where_validation_users_prefer_them",
    ),
]
