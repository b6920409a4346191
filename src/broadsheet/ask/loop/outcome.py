"""What one question came to, as JSON has it: the answer and what it rests on, or why there is none."""

from enum import StrEnum
from typing import Any

from broadsheet.ask.answer.values import is_node
from broadsheet.ask.answer.words import citation_as_json
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.loop.machine import Loop
from broadsheet.ask.loop.records import Found, Preview, State, Transcript
from broadsheet.ask.loop.showing import in_words
from broadsheet.core.errors import BroadsheetError, LLMError
from broadsheet.core.llm.faults import Reason, error_of


class Outcome(StrEnum):
    """What a question came to."""

    ANSWERED = "answered"
    ASKED_BACK = "asked back"
    DOUBTFUL = "doubtful"
    REFUSED = "refused"
    UNWRITTEN = "unwritten"
    FAILED = "failed"


def outcome_of(state: State) -> Outcome:
    """Return what a state comes to: an answer, even one without rows, or why the query was not run."""
    if state.options:
        return Outcome.ASKED_BACK
    if state.preview is not None:
        return Outcome.FAILED if state.preview.fault else Outcome.ANSWERED
    if state.refused:
        return Outcome.REFUSED
    return Outcome.DOUBTFUL if state.query is not None else Outcome.UNWRITTEN


def fault_of(made: Transcript) -> BroadsheetError:
    """Return what kept a question from having any state: a model that gave no reply, by its own error."""
    what, mend = made.happened[0].fault
    last = made.spoken[-1] if made.spoken else None
    return error_of(Reason(last.reason), what, mend) if last is not None and last.reason else LLMError(what, mend)


def told(loop: Loop, made: Transcript) -> dict[str, Any]:
    """Return all that there is to tell of the state that a loop is at, as JSON has it."""
    state = made.state or State(number=0, parent=None)
    preview = state.preview or Preview()
    return {
        "question": made.question,
        "graph": made.graph.model_dump(),
        "outcome": outcome_of(state).value,
        "writer": made.by,
        "drafts": [one.model_dump() for one in state.drafts],
        "query": state.query,
        "text": state.text,
        "refused": state.refused or None,
        "findings": [_finding(one) for one in state.findings if not one.asked],
        "question_findings": [_finding(one) for one in state.findings if one.asked],
        "doubts": [one.message for one in state.findings if one.severity != "info"],
        "explanation": state.explanation or None,
        "prose": {"text": state.prose, "left_out": list(state.appended), "made_up": list(state.made_up)} if state.prose else None,
        "answer": preview.sentence or None,
        "columns": list(preview.columns),
        "rows": [list(row) for row in preview.rows],
        "names": [
            [told if is_node(value) else None for value, told in zip(row, words, strict=True)]
            for row, words in zip(preview.rows, in_words(state, made.graph.naming), strict=True)
        ],
        "total": preview.total,
        "cut": preview.cut,
        "provenance": _provenance(loop, state),
        "notes": list(preview.notes),
        "steps": [one.model_dump() for one in preview.steps],
        "why_empty": list(preview.empty),
        "fault": list(preview.fault),
        "asked_back": [one.model_dump() for one in state.options],
    }


def _finding(one: Found) -> dict[str, Any]:
    fix = [{"span": [start, end], "text": text} for start, end, text in one.fix] or None
    return {"code": one.code, "severity": one.severity, "span": list(one.span), "message": one.message, "fix": fix}


def _provenance(loop: Loop, state: State) -> list[dict[str, Any]] | None:
    """Return what each row that is given rests on; None where rows are not traced."""
    query = parse(state.query).query if state.query is not None and state.preview is not None else None
    found = loop.shown(query).answer if query is not None else None
    if found is None or found.citations is None or state.preview is None:
        return None
    return [citation_as_json(one, found.naming) for one in found.citations[: len(state.preview.rows)]]
