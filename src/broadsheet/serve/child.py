"""A command in a process that ends when the one that began it does: it reads its standard input, which then ends too."""

import os
import runpy
import threading


def _watch() -> None:
    # Nothing is ever written there: what comes is the end. Not by sys.stdin, whose lock the interpreter wants when it ends.
    os.read(0, 1)
    os._exit(75)


def main() -> None:
    """Run `broadsheet` with the words given."""
    threading.Thread(target=_watch, daemon=True).start()
    runpy.run_module("broadsheet", run_name="__main__")


if __name__ == "__main__":
    main()
