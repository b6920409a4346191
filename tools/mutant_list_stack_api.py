"""Changes that break the server's interface, its keys, its jobs or its swaps, and the tests that should notice."""

from mutant_list import Mutant

HOSTILE = "tests/stage/test_serve_hostile.py::test_"
JOBS = "tests/unit/test_core_jobs.py::test_"
KEYS = "tests/unit/test_serve_keys.py::test_"
MODELS = "tests/unit/test_serve_models.py::test_"
STACK_API = [
    Mutant(
        "serve: any host is ours",
        "serve/guard.py",
        "if self._hosts is not None and host not in self._hosts:",
        "if self._hosts is not None and False:",
        HOSTILE + "a_name_that_is_not_ours_gets_no_answer",
    ),
    Mutant(
        "serve: what came through another server is taken for the person here",
        "serve/callers.py",
        "named and not any(name in request.headers for name in FORWARDED)",
        "named",
        HOSTILE + "what_comes_from_elsewhere_needs_a_key",
    ),
    Mutant(
        "serve: a bomb is decoded",
        "serve/api/pictures.py",
        "if width * height > PIXELS:",
        "if False:",
        HOSTILE + "a_picture_is_looked_at_before_it_is_decoded",
    ),
    Mutant(
        "serve: a body that does not say how long it is is read to its end",
        "serve/guard.py",
        "if self._came > self._most:",
        "if False:",
        HOSTILE + "a_body_that_is_too_long_is_refused_whatever_it_says_of_its_length",
    ),
    Mutant(
        "serve: a revoked key opens",
        "serve/keys.py",
        'if row is not None and same and row["revoked"] is None else None',
        "if row is not None and same else None",
        KEYS + "a_key_opens_until_it_is_revoked_and_only_its_hash_is_kept",
    ),
    Mutant(
        "serve: a queue without an end",
        "serve/models/batcher.py",
        "if len(self._waiting) + len(asked) > self._room:",
        "if False:",
        MODELS + "without_room_the_answer_is_no_at_once_and_what_was_taken_is_answered",
    ),
    Mutant(
        "serve: what cannot be opened again takes the place of what answers",
        "serve/models/holder.py",
        "made = Opened(made.stamp, held.part)",
        "made = Opened(made.stamp, None)",
        MODELS + "what_cannot_be_opened_again_leaves_what_is_there",
    ),
    Mutant(
        "jobs: whoever had a job may end it",
        "core/jobs.py",
        " & (JOBS.c.worker == job.worker) & (JOBS.c.attempts == job.attempts)",
        "",
        JOBS + "a_silent_worker_loses_its_job_and_what_it_says_afterwards_is_not_kept",
    ),
]
