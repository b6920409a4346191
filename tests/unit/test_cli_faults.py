"""Faults of items: a few are told, the rest counted, and none is lost."""

from broadsheet.cli.faults import tell


def test_the_first_are_told_and_the_rest_counted(capsys):
    tell(f"picture {number}: torn" for number in range(400))
    told = capsys.readouterr().err.splitlines()
    assert told[:2] == ["picture 0: torn", "picture 1: torn"]
    assert told[-1] == "And 395 more; broadsheet -v tells each."
    assert len(told) == 6


def test_nothing_is_said_of_nothing(capsys):
    tell([])
    assert capsys.readouterr().err == ""
