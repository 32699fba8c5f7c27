"""The how-to page holds: its file and its line, put into a copy of the project, make a full member of the family."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "add-a-format.md"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with the page's new file and its line added."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("formats", "domain", "services", "cli", "store", "executors", "tests/formats"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "golden"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    file, line = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    [name] = re.findall(r"^`(formats/\w+\.py)`:$", PAGE.read_text(), flags=re.MULTILINE)
    (folder / name).write_text(file)
    registry = folder / "formats" / "__init__.py"
    lines = registry.read_text().splitlines(keepends=True)
    later = next(number for number, other in enumerate(lines) if other.startswith("from formats") and other > line)
    registry.write_text("".join([*lines[:later], line, *lines[later:]]))
    return folder


def run(project, *arguments, **environment):
    settings = {"PATH": "", "PYTHONPATH": str(project), **environment}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, env=settings)


def test_the_new_format_passes_the_contract_and_has_golden_files(project):
    tests = ["tests/formats/test_contract.py", "tests/formats/test_golden.py"]
    done = run(project, "pytest", *tests, "-k", "tab-lines", "-q", "-p", "no:cacheprovider", RELOOK_WRITE_GOLDEN="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "tests/formats/golden/tab-lines/image_classification-label/scene.tsv").read_text() == (
        "photos/kitchen 1.jpg\tmug\nphotos/kitchen 2.png\tplate\nphotos/empty.jpg\tspoon & fork\n"
    )


def test_the_command_line_lists_and_converts_it(project, tmp_path):
    lines = tmp_path / "labels.tsv"
    lines.write_text("a.jpg\tcan\nb.jpg\tjar\n")
    done = run(project, "cli", "formats")
    assert re.search(r"^tab-lines +labels +read, write +multi-class$", done.stdout, flags=re.MULTILINE), done.stderr
    out = tmp_path / "out.jsonl"
    done = run(project, "cli", "convert", str(lines), str(out), "--to", "azure-jsonl")
    assert done.returncode == 0, done.stderr
    assert [line.split('"label":')[1] for line in out.read_text().splitlines()] == ['"can"}', '"jar"}']


def test_the_new_file_and_the_line_keep_the_rules_of_the_house(project):
    done = run(project, "ruff", "check", "formats")
    assert done.returncode == 0, done.stdout
