"""What docs/report.md shows can be given as it stands: commands parse, settings are settings, states and exit codes are those of the code, the workflow loads."""

import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml

from broadsheet.cli import app
from broadsheet.core import errors
from broadsheet.core.config import build, read_toml
from broadsheet.report.profile import Profile

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
WORKFLOW = (ROOT / "examples" / "report-workflow.yml").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def commands(text):
    """Every command of ours in a text, without what is put around it: variables before it, what becomes of it behind."""
    return [
        shlex.split(found.partition("||")[0].partition(";")[0])
        for found in re.findall(r"(?:^|[ =])broadsheet ((?:report|profile|serve)\b.*)$", text, re.MULTILINE)
    ]


def parse(words):
    """Read a command line down to the command that would run, and run nothing."""
    command, rest = typer.main.get_command(app), list(words)
    path = ["broadsheet"]
    while True:
        context = command.make_context(" ".join(path), rest)
        left = [*getattr(context, "_protected_args", ()), *context.args]
        if not hasattr(command, "resolve_command") or not left:
            assert not left, left
            return context
        name, command, rest = command.resolve_command(context, left)
        path.append(name)


SHOWN = [*commands("\n".join([*blocks("sh"), *blocks("cron"), *blocks("ini")])), *commands(WORKFLOW)]


def test_there_are_commands_of_every_kind():
    assert len(SHOWN) >= 20
    named = {words[1] for words in SHOWN if words[0] == "report"}
    assert {"fetch", "status", "backfill", "send", "outbox", "quality", "watch", "feedback"} <= named


@pytest.mark.parametrize("words", SHOWN, ids=" ".join)
def test_every_command_of_the_page_and_of_the_workflow_parses(words):
    context = parse(words)
    assert context.command_path.split() == ["broadsheet", *words][: len(context.command_path.split())]
    stated = [parameter for parameter in context.command.params if context.get_parameter_source(parameter.name).name == "COMMANDLINE"]
    assert {word.partition("=")[0] for word in words if word.startswith("-")} <= {name for one in stated for name in (*one.opts, *one.secondary_opts)}


def test_an_option_that_is_none_would_be_noticed():
    with pytest.raises(Exception, match=r"[Nn]o such option"):
        parse(["report", "watch", "--onse"])


def test_the_settings_of_the_page_are_settings(tmp_path):
    path = tmp_path / "me.toml"
    path.write_text(blocks("toml")[0])
    assert build(Profile, read_toml(path), "me.toml").tldr.llm.startswith("openai:")


def test_states_and_exit_codes_are_those_of_the_code():
    by_state = {state: int(code) for state, code in re.findall(r"^\| (\w+) \| .* \| (\d+) \|$", PAGE, re.MULTILINE)}
    assert by_state["waiting"] == errors.NotReadyError.exit_code
    assert by_state["stale"] == errors.StaleError.exit_code
    assert by_state["incomplete"] == errors.IncompleteError.exit_code
    assert errors.ThrottledError.exit_code == 52
    assert (errors.DeliveryError.exit_code, errors.UnknownDeliveryError.exit_code) == (41, 42)
    code = "".join((ROOT / "src" / "broadsheet" / "report" / name).read_text() for name in ("watch.py", "morning.py", "labels_done.py"))
    table = PAGE.partition("One line is printed")[2].partition("- Tries")[0]
    for state in re.findall(r"`([a-z ]+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))):
        assert f'"{state}"' in code, state


def test_the_workflow_is_one():
    flow = yaml.safe_load(WORKFLOW)
    # YAML 1.1 reads the key `on` as true.
    assert [row["cron"] for row in flow[True]["schedule"]] == ["30 5 * * 1-5", "30 9 * * 1-5"]
    steps = flow["jobs"]["report"]["steps"]
    assert [step["uses"].split("@")[0] for step in steps if "uses" in step][-1] == "actions/deploy-pages"
    assert flow["concurrency"]["cancel-in-progress"] is False
    assert flow["permissions"] == {"contents": "write", "pages": "write", "id-token": "write"}
    assert all(("run" in step) != ("uses" in step) for step in steps)


def test_units_have_the_sections_that_systemd_asks_for():
    import configparser

    for unit in blocks("ini"):
        read = configparser.ConfigParser(strict=False, interpolation=None)
        read.optionxform = str
        read.read_string(unit)
        assert "Unit" in read
        assert ("Service" in read and read["Service"]["ExecStart"].startswith("broadsheet report watch")) or "OnCalendar" in read["Timer"]
