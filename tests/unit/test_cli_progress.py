"""Progress where there is no terminal: a line a step, and one now and then before."""

from broadsheet.cli import progress


def test_a_line_when_a_step_is_done_and_one_after_a_pause(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.shown() as told:
        for done in range(6):
            told("reading", done, 5)
            now[0] += 4.0
    assert capsys.readouterr().err.splitlines() == ["reading: 3 of 5", "reading: 5"]
