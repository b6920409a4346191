"""Changes that break the port to language models, and the tests that should notice."""

from mutant_list import Mutant

CLIENT, RESUME = "tests/stage/test_llm_client.py::test_", "tests/stage/test_llm_resume.py::test_"
PORT, LIMITS, ACCEPTOR = "tests/unit/test_llm_port.py::test_", "tests/unit/test_llm_limits.py::test_", "tests/unit/test_llm_acceptor.py::test_"
HF = "tests/stage/test_llm_checkpoint.py::test_"
FILE = "core/llm/"
LLM = [
    Mutant(
        "llm: a reply is handed out before it is on disk",
        FILE + "client.py",
        "await self._ledger.finish({**ended, **facts, **tokens}, outcome)",
        "self._begin(self._ledger.finish({**ended, **facts, **tokens}, outcome))",
        CLIENT + "no_reply_is_given_out_before_it_is_on_disk",
    ),
    Mutant(
        "llm: a call is not written ahead",
        FILE + "client.py",
        "        await self._ledger.add(row)\n        began",
        "        self._begin(self._ledger.add(row))\n        began",
        RESUME + "killed_and_run_again",
    ),
    Mutant(
        "llm: what is in doubt gets a new name",
        FILE + "client.py",
        "(known.attempt, Kind.RESUMED) if known.in_doubt else",
        "(known.attempt + 1, Kind.RESUMED) if known.in_doubt else",
        RESUME + "killed_and_run_again",
    ),
    Mutant(
        "llm: a dropped call gets a new name",
        FILE + "client.py",
        "attempt + (reply.reason not in DOUBTFUL)",
        "attempt + 1",
        CLIENT + "faults_of_all_kinds_end_in_answers_and_every_try_is_in_the_ledger",
    ),
    Mutant(
        "llm: a reply that does not fit is not kept",
        FILE + "ledger.py",
        'if row["reply"] is not None]',
        'if row["reply"] is not None and "wrong" not in row["reply"]]',
        RESUME + "a_reply_that_did_not_fit_is_not_paid_for_again",
    ),
    Mutant(
        "llm: the same request is called twice",
        FILE + "client.py",
        "if first := key not in self._under_way:",
        "if first := True:",
        CLIENT + "the_same_request_is_called_once_in_a_run_and_in_the_next",
    ),
    Mutant("llm: repairs are not counted", FILE + "client.py", "item.calls += 1", "item.calls = 1", CLIENT + "two_answers_that_do_not_fit_are_three_calls"),
    Mutant(
        "llm: the budget is asked after",
        FILE + "prices.py",
        "after[name] > limit",
        "self._spent[name] > limit",
        CLIENT + "the_budget_stops_before_the_call_and_never_after",
    ),
    Mutant(
        "llm: nothing is given back",
        FILE + "client.py",
        "used = self._used(outcome, most)",
        "used = most",
        CLIENT + "the_budget_stops_before_the_call_and_never_after",
    ),
    Mutant(
        "llm: no price is no cost",
        FILE + "prices.py",
        "            return None\n        return (prompt",
        "            return 0.0\n        return (prompt",
        CLIENT + "a_price_that_is_unknown_is_named_and_bounds_no_budget",
    ),
    Mutant(
        "llm: a schema is no part of the key",
        FILE + "port.py",
        '"schema": self.answer_schema,',
        '"schema": None,',
        PORT + "a_key_changes_with_all_that_changes_the_answer_and_with_nothing_else",
    ),
    Mutant(
        "llm: a seed is no part of the key",
        FILE + "port.py",
        '"seed": self.seed,',
        '"seed": 0,',
        PORT + "a_key_changes_with_all_that_changes_the_answer_and_with_nothing_else",
    ),
    Mutant(
        "llm: JSON in chatter is read",
        FILE + "reading.py",
        "FENCED.fullmatch(text)",
        "FENCED.search(text)",
        PORT + "anything_else_is_a_fault_that_asking_again_may_mend",
    ),
    Mutant(
        "llm: a replay makes do with the nearest",
        FILE + "backends/recording.py",
        "if request.key not in self._held:",
        "if not self._held:",
        CLIENT + "recordings_answer_exactly_what_was_recorded",
    ),
    Mutant(
        "llm: the key is shown",
        FILE + "backends/endpoint.py",
        'text.replace(self._secret, "***") if self._secret else text',
        "text",
        CLIENT + "what_a_server_says_of_the_key_is_not_passed_on",
    ),
    Mutant(
        "llm: the key of OpenAI goes anywhere",
        FILE + "backends/endpoint.py",
        "KEY_OF_OPENAI if self.url == OPENAI else KEY",
        "KEY_OF_OPENAI",
        CLIENT + "openai_gets_its_own_key_alone_and_none_is_an_error",
    ),
    Mutant(
        "llm: the SDK tries again itself",
        FILE + "backends/endpoint.py",
        "max_retries=0",
        "max_retries=2",
        CLIENT + "faults_of_all_kinds_end_in_answers_and_every_try_is_in_the_ledger",
    ),
    Mutant(
        "llm: a wait holds one call alone",
        FILE + "limits.py",
        "self._held_until = max(self._held_until, now + seconds)",
        "del seconds, now",
        LIMITS + "a_wait_that_the_server_asks_for_holds_every_call",
    ),
    Mutant(
        "llm: every call tries an open circuit",
        FILE + "limits.py",
        "        if self._trying:\n",
        "        if False:\n",
        LIMITS + "the_circuit_opens_lets_one_call_try_and_closes",
    ),
    Mutant(
        "llm: a string may be too short",
        FILE + "acceptor.py",
        "if node.least <= 0:\n            yield rest",
        "if True:\n            yield rest",
        ACCEPTOR + "a_string_is_as_long_as_its_bounds_say_an_escape_counting_once",
    ),
    Mutant(
        "llm: no room is kept for the end",
        FILE + "backends/checkpoint.py",
        "return len(end) <= room or self._length(end) <= room",
        "return True",
        HF + "what_comes_out_under_the_mask_always_fits",
    ),
    Mutant(
        "llm: scores leave out the end of the turn",
        FILE + "backends/checkpoint.py",
        "add_special_tokens=False) + end for",
        "add_special_tokens=False) for",
        HF + "a_choice_is_scored_as_brute_force_scores_it",
    ),
]
