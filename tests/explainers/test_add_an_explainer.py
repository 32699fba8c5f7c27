"""The how-to page holds: its file and its line, put into a copy of the project, make a full member of the family."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "add-an-explainer.md"

FACTS = """
from explainers import EXPLAINERS
from explainers.parameters import Parameter, build_explainer, describe_parameters

def test_the_registry_and_the_parameter_form_know_tiles():
    cls = EXPLAINERS["tiles"]
    assert describe_parameters(cls) == (Parameter("tiles", int, 8, "Tiles along each side.", 2, 64),)
    assert build_explainer("tiles", {"tiles": "4"}) == cls(tiles=4)

def test_tiles_find_what_was_planted(black_box, two_spots):
    from domain.explanation import Target
    heatmap = EXPLAINERS["tiles"]().explain(black_box, two_spots, Target("red")).heatmap
    assert heatmap[2, 2] == heatmap.max()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with the page's new file and its line added."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("explainers", "domain", "tests/explainers"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    file, line = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    [name] = re.findall(r"^`(explainers/\w+\.py)`:$", PAGE.read_text(), flags=re.MULTILINE)
    (folder / name).write_text(file)
    add_line(folder / "explainers" / "__init__.py", line)
    (folder / "tests" / "explainers" / "test_facts.py").write_text(FACTS)
    return folder


def add_line(path, line):
    """Add `line` beside the lines of the other methods, in alphabetical order."""
    assert line.startswith("from explainers import ")
    assert line.count("\n") == 1
    lines = path.read_text().splitlines(keepends=True)
    later = next(number for number, other in enumerate(lines) if other.startswith("from explainers") and other > line)
    path.write_text("".join([*lines[:later], line, *lines[later:]]))


def run(project, *arguments):
    return subprocess.run([sys.executable, "-m", *arguments], cwd=project, capture_output=True, text=True, check=False)


def test_the_new_method_is_in_the_registry_has_a_form_and_passes_the_contract(project):
    tests = ["tests/explainers/test_contract.py", "tests/explainers/test_facts.py"]

    done = run(project, "pytest", *tests, "-k", "tiles", "-q", "-p", "no:cacheprovider")

    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) > 30
    assert "skipped" not in done.stdout


def test_the_new_file_and_the_line_keep_the_rules_of_the_house(project):
    done = run(project, "ruff", "check", "explainers")

    assert done.returncode == 0, done.stdout
