"""Every example runs."""

import subprocess
import sys
from pathlib import Path

import pytest

# What each says, if all went as it should.
SAYS = {"own_catalogue": "1. Ginger broth with greens", "ask_the_sample": "The same, byte for byte: True"}
EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(example, tmp_path):
    done = subprocess.run([sys.executable, str(example), str(tmp_path / "out")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert SAYS[example.stem] in done.stdout
    assert Path(done.stdout.splitlines()[-1]).is_file()
