"""The group `broadsheet ask`: a first word that is no subcommand begins a question."""

from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# The name under which the command for questions stands in the help.
QUESTION = "QUESTION"


def asked(words: Sequence[str]) -> str:
    """Return the question that words are. Raises ConfigError where there is nothing in them."""
    from broadsheet.core.errors import ConfigError

    said = " ".join(words)
    if not said.strip():
        raise ConfigError("The question is empty.", 'Ask in words: broadsheet ask "Who wrote the most papers?"')
    return said


class AskGroup(TyperGroup):
    """Gives what is no subcommand to the command for questions. Options may stand before or behind the word; behind `--` any word is a question."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # pyrefly: ignore[bad-override]
        """Put the subcommand first, so that click finds it."""
        place = self._first_word(args)
        if place is None and not args:
            return super().parse_args(ctx, args)
        if place is None and not all(one in ctx.help_option_names for one in args):
            args = [QUESTION, *args]
        elif place is not None:
            args = [args[place], *args[:place], *args[place + 1 :]] if args[place] in self.commands and "--" not in args[:place] else [QUESTION, *args]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # pyrefly: ignore[bad-override]
        """Return what stands behind the group's name: a question, for which it is there."""
        return [*self.commands[QUESTION].collect_usage_pieces(ctx)[:1], QUESTION]

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # pyrefly: ignore[bad-override]
        """Write the options of a question, then the commands."""
        self.commands[QUESTION].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def _first_word(self, args: list[str]) -> int | None:
        """Return the place of the first word that is no option and no value of one."""
        valued = {name for command in self.commands.values() for one in command.params for name in one.opts if _takes_value(one)}
        place = 0
        while place < len(args):
            if args[place] == "--":
                return place + 1 if place + 1 < len(args) else None
            if not args[place].startswith("-") or args[place] == "-":
                return place
            place += 2 if args[place] in valued else 1
        return None


class AskCommand(TyperCommand):
    """The command for questions, whose name nobody types."""

    def format_usage(self, ctx: typer.Context, formatter: Any) -> None:  # pyrefly: ignore[bad-override]
        """Write how a question is asked."""
        formatter.write_usage(ctx.parent.command_path if ctx.parent else ctx.command_path, f"[OPTIONS] {QUESTION}")


def _takes_value(one: Any) -> bool:
    return one.param_type_name == "option" and not one.is_flag and not one.count
