"""What every format writes, file by file. RELOOK_WRITE_GOLDEN=1 writes the files anew: look at the difference."""

from __future__ import annotations

import filecmp
import os
import shutil
from pathlib import Path

import pytest

from domain.prediction import Task
from formats import FORMATS
from formats.base import FileReport, Losses, ReadOptions, Role, WriteOptions
from services.read_back import find_differences
from tests.formats.scenes import CLASSES, find_image, scene

GOLDEN = Path(__file__).with_name("golden")
BINARY = {".parquet", ".png"}  # libraries write other bytes from version to version

CASES = [
    (name, task, role)
    for name, cls in FORMATS.items()
    if cls.can_write
    for task in Task
    if task in cls.tasks
    for role in Role
    if role in cls.roles
]


def fitted(target, task, role):
    options = WriteOptions(task, CLASSES, "detector 2", now=1_600_000_000.0, suffix=target.suffix)
    records = [target.fit(record, options, Losses()) for record in scene(task, role)]
    return [record for record in records if record is not None], options


@pytest.mark.parametrize(("name", "task", "role"), CASES)
def test_files_are_written_as_they_were_looked_at(name, task, role, tmp_path):
    target = FORMATS[name]()
    records, options = fitted(target, task, role)
    if not records:
        pytest.skip(f"{name} holds no {role}s of {task.in_words}.")
    golden = GOLDEN / name / f"{task}-{role}"
    made = tmp_path / "made"
    made.mkdir()
    place = made / f"scene{target.suffix}" if target.suffix else made
    target.write(place, iter(records), options)
    if os.environ.get("RELOOK_WRITE_GOLDEN") == "1":
        shutil.rmtree(golden, ignore_errors=True)
        shutil.copytree(made, golden)
    names = sorted(file.relative_to(made).as_posix() for file in made.rglob("*") if file.is_file())
    assert names == sorted(file.relative_to(golden).as_posix() for file in golden.rglob("*") if file.is_file())
    plain = [each for each in names if Path(each).suffix not in BINARY]
    assert filecmp.cmpfiles(made, golden, plain, shallow=False)[0] == plain


@pytest.mark.parametrize(("name", "task", "role"), CASES)
def test_golden_files_read_back_as_the_scene(name, task, role):
    target = FORMATS[name]()
    records, _ = fitted(target, task, role)
    golden = GOLDEN / name / f"{task}-{role}"
    if not records:
        pytest.skip(f"{name} holds no {role}s of {task.in_words}.")
    place = golden / f"scene{target.suffix}" if target.suffix else golden
    report = FileReport(place.name, target.rules, task=task)
    reading = ReadOptions(task, dict(enumerate(CLASSES)), find_image, now=1_600_000_000.0)
    found = list(target.read(place, reading, report))
    assert list(find_differences(records, found, precision=target.precision)) == []
    errors = [each for record in found for each in record.findings if each.severity == "error"]
    assert [*errors, *(each for each in report.findings if each.severity == "error")] == []
