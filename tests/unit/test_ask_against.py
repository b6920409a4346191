"""Questions held against queries: a query that answers has no alarm, one that does not has one; faults planted by operators are seen."""

from pathlib import Path

import pytest

from broadsheet.ask.check.findings import Code
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.question.against import check_against
from broadsheet.ask.schema_files import schema_of

HARBOUR = schema_of(
    {
        "labels": {
            "Boat": {"name": "string", "length": "float", "built": "integer", "colour": "string", "active": "boolean", "launched": "date"},
            "Owner": {"name": "string", "age": "integer", "joined": "date"},
            "Harbour": {"name": "string", "berths": "integer", "country": "string"},
            "Trip": {"miles": "integer", "day": "date"},
        },
        "types": {"SAILED": {"times": "integer"}},
        "relationships": [
            ["Owner", "OWNS", "Boat"], ["Owner", "SAILED", "Boat"], ["Owner", "REPAIRED", "Boat"], ["Boat", "MOORED_IN", "Harbour"], ["Owner", "KNOWS", "Owner"],
            ["Boat", "MADE", "Trip"],
        ],
    },
    "harbour",
)  # fmt: skip
PAIRS = [
    [part.strip() for part in line.split(" | ")]
    for line in Path(__file__).with_name("ask_pairs.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
ASKED = {Code.QUESTION_FACT_MISSING, Code.QUESTION_FACT_EXTRA, Code.QUESTION_MISMATCH}


def alarms(question, query):
    return [(one.code.value, one.message) for one in check_against(question, query, HARBOUR).alarms if one.code in ASKED]


@pytest.mark.parametrize(("question", "right", "wrong"), PAIRS)
def test_a_query_that_answers_has_no_alarm_and_one_that_does_not_has_one(question, right, wrong):
    assert parse(right).query is not None
    assert not alarms(question, right)
    if wrong != "-":
        assert parse(wrong).query is not None
        assert alarms(question, wrong)
