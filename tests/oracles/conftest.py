"""Running the original tools of the formats, which live in an environment of their own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-oracles" / "bin" / "python"

Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """A function that runs a script of this folder in the oracles' environment and returns the JSON it prints."""
    if not PYTHON.is_file():
        pytest.skip("There is no .venv-oracles with the original tools: make oracles.")

    def run(script: str, *arguments: object) -> Any:
        command = [str(PYTHON), "-W", "ignore", str(HERE / script), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run
