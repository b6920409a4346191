"""A run of three small steps in a process of its own, which is killed in the middle of the second. Arguments: the folder, and whether the second step hangs."""

import sys
import time
from pathlib import Path

from broadsheet.core.artifacts import Manifest, write_artifact
from broadsheet.core.schema import ArtifactKind
from broadsheet.stack.record import RunRecord
from broadsheet.stack.running import run_steps
from broadsheet.stack.steps.step import Done, Step, Work


def step(name: str, *parents: str, said: str = "", hang: bool = False, **more) -> Step:
    """A step that writes what it and its parents say, and counts its work in a file beside the run."""

    def work(given: Work) -> Done:
        with (given.folder.parent.parent / f"{name}.worked").open("a") as log:
            log.write("x")
        texts = [(given.parents[one].path / "said.txt").read_text() for one in sorted(given.parents)]

        def fill(stage: Path) -> None:
            (stage / "said.txt").write_text("".join([*texts, said or name]))
            if hang:
                (given.folder.parent.parent / "hangs").touch()
                time.sleep(60)

        return Done(write_artifact(given.folder, Manifest(kind=ArtifactKind.SCORES), fill=fill), {"letters": len(said or name)})

    return Step(name, name.title(), ArtifactKind.SCORES, work, parents, settings={"said": said}, **more)


def steps(*, hang: bool = False) -> list[Step]:
    """A chain of three."""
    return [step("c", "b"), step("a"), step("b", "a", hang=hang)]


if __name__ == "__main__":
    run_steps(steps(hang=True), Path(sys.argv[1]), RunRecord(recipe="killed"))
