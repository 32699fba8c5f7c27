"""The rules of the house that import-linter cannot see, and import-linter itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from configparser import ConfigParser
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app.py"
ROOT_PACKAGES = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
CODE = sorted(
    path
    for folder in (*ROOT_PACKAGES, "bench", "tests")
    for path in (ROOT / folder).rglob("*.py")
    if path.name != "__init__.py" or path.stat().st_size
)
PAGES = sorted(path for path in (ROOT / "pages").glob("*.py") if path.name != "__init__.py")
COMPONENTS = sorted((ROOT / "components").rglob("*.py"))
TAKEN_NAMES = set(sys.stdlib_module_names) | set(packages_distributions())


def classes_in(path: Path) -> list[str]:
    return [node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]


def name_from_root(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported_packages(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {(node.module or "").partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}


def test_every_root_package_has_a_layer():
    config = ConfigParser()
    config.read(ROOT / ".importlinter")

    assert sorted(config["importlinter"]["root_packages"].split()) == ROOT_PACKAGES


def test_imports_point_down():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_a_file_is_about_one_thing():
    """A file of tests is a list of cases and may be longer."""
    lines = {name_from_root(path): len(path.read_text().splitlines()) for path in CODE}
    most = {name: 500 if name.startswith("tests/") else 300 for name in lines}

    assert {name: count for name, count in lines.items() if count > most[name]} == {}


def test_the_app_only_composes():
    assert classes_in(APP) == []
    assert len(APP.read_text().splitlines()) <= 80
    assert imported_packages(APP) & set(ROOT_PACKAGES) <= {"components", "domain", "endpoint", "pages", "services"}


def test_a_page_defines_no_class():
    """Streamlit runs a page anew at each click: a class defined there changes its identity every time."""
    assert {path.name: classes_in(path) for path in PAGES if classes_in(path)} == {}


def test_a_page_hides_no_module():
    """While a page runs, its folder leads sys.path."""
    assert {path.stem for path in PAGES} & (TAKEN_NAMES | set(ROOT_PACKAGES)) == set()


def test_a_root_package_hides_no_module():
    """`components` is installed itself, so that Streamlit finds its widgets."""
    assert set(ROOT_PACKAGES) & TAKEN_NAMES == {"components"}


def test_text_never_becomes_markup():
    """Labels and file names are text: nothing a person typed is drawn as HTML."""
    allowing = {name_from_root(path) for path in [*PAGES, *COMPONENTS] if "unsafe_allow_html" in path.read_text()}

    assert allowing == set()
