"""Relook against arize's own pandas validator, over files."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.finding import Severity
from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.arize.arize import Arize
from formats.base import Facts, FileReport, Losses, ReadOptions, Record, Role, WriteOptions
from tests.oracles.arize_cases import CASES, MAY_2021, Case
from tests.oracles.conftest import Ask

NOW = 1763730000.0
RINGS = (
    (0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5, 0.1, 0.1),
    (0.6, 0.6, 0.7, 0.6, 0.7, 0.7),
    (0.2, 0.2, 0.3, 0.2, 0.3, 0.3),
)
BOX = Box(0.26, 0.406, 0.735, 0.701)


def relook_says(path: Path, now: float) -> list[str]:
    report = FileReport(path.name, Arize.rules)
    findings = [finding for record in Arize().read(path, ReadOptions(now=now), report) for finding in record.findings]
    return [finding.code for finding in (*findings, *report.findings) if finding.severity is not Severity.INFO]


@pytest.fixture(scope="module")
def verdicts(ask: Ask, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What arize says about every case, asked at once."""
    folder = tmp_path_factory.mktemp("cases")
    paths = {}
    for number, (name, case) in enumerate(CASES.items()):
        (folder / str(number)).mkdir()
        paths[name] = case.save(folder / str(number))
    said = ask("check_arize.py", *paths.values(), "--now", MAY_2021)
    return dict(zip(CASES, said, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_arize_and_relook_agree_on(name: str, verdicts: dict[str, dict[str, object]], tmp_path: Path) -> None:
    case: Case = CASES[name]
    assert verdicts[name]["errors"] == ([case.error] * len(verdicts[name]["errors"]) if case.error else [])
    assert bool(verdicts[name]["errors"]) == bool(case.error)
    codes = relook_says(case.save(tmp_path), MAY_2021)
    assert case.code in codes if case.code else not codes


@pytest.mark.parametrize(
    ("now", "errors", "codes"),
    [
        (MAY_2021, [], []),
        (1776268800.0, [], []),  # 2026-04-15 16:00 UTC, the last day
        (1776297600.0, ["Invalid_Timestamp_Value"], ["AR008"]),  # 2026-04-16
        (1795219200.0, ["Invalid_Timestamp_Value"], ["AR008"]),  # 2026-11-21
    ],
)
def test_the_row_of_the_documentation_grows_too_old(
    ask: Ask, tmp_path: Path, now: float, errors: list[str], codes: list[str]
) -> None:
    path = CASES["the row of the documentation"].save(tmp_path)
    assert ask("check_arize.py", path, "--now", now)[0]["errors"] == errors
    assert relook_says(path, now) == codes


def both(content: Content, label: Content, name: str) -> list[Record]:
    facts = Facts("detector 1", 0.25, NOW - 5, "", "camera 3", ("night", "=rain"), (0.5, 1.0, 2.0))
    return [
        Record(1, "", name, content, role=Role.PREDICTION, size=(499, 666), facts=facts),
        Record(1, "", name, label, size=(499, 666)),
    ]


def outlined(score: float | None) -> Instances:
    return Instances((Instance("1", "can", BOX, score, RINGS), Instance("2", "carton", BOX, score, RINGS[:1])))


CONTENTS: dict[Task, tuple[Content, Content]] = {
    Task.CLASSIFICATION: (Labels({"can": 0.75, "carton": 0.25}), Labels({"carton": 1.0})),
    Task.MULTILABEL: (Labels({"can": 0.75, "carton": 0.25}), Labels({"carton": 1.0})),
    Task.DETECTION: (Instances((Instance("1", "can", BOX, 0.5),)), Instances((Instance("1", "can", BOX),))),
    Task.SEGMENTATION: (outlined(0.5), outlined(None)),
}


@pytest.mark.parametrize("task", Task)
def test_arize_takes_what_relook_writes(ask: Ask, tmp_path: Path, task: Task) -> None:
    prediction, label = CONTENTS[task]
    empty = Instances() if task.has_objects else label
    records = [
        *both(prediction, label, "photos/1.jpg"),
        *both(prediction, empty, "photos/2.jpg"),
        *both(prediction, label, "photos/3.jpg")[:1],
        *both(prediction, label, "photos/4.jpg")[1:],
    ]
    arize, options = Arize(), WriteOptions(task, ("can", "carton"), now=NOW)
    fitted = [arize.fit(record, options, Losses()) for record in records]
    writing = arize.write(tmp_path / "out.parquet", (record for record in fitted if record is not None), options)
    assert writing.records == 6
    tables = [file for file in writing.files if file.suffix == ".parquet"]
    assert len(tables) == (1 if task is Task.CLASSIFICATION else 3)
    for verdict in ask("check_arize.py", *tables, "--now", NOW):
        assert verdict == {"accepted": True, "errors": [], "messages": []}
    assert relook_says(tables[0], NOW) == []


def test_a_table_without_any_object_is_typed(ask: Ask, tmp_path: Path) -> None:
    record = Record(1, "", "photos/1.jpg", Instances(), role=Role.PREDICTION, size=(10, 10))
    arize, options = Arize(), WriteOptions(Task.DETECTION, now=NOW)
    fitted = arize.fit(record, options, Losses())
    assert fitted is not None
    arize.write(tmp_path / "out.parquet", iter([fitted]), options)
    untyped, typed = (
        ask("check_arize.py", tmp_path / "out.parquet", "--now", NOW, *more)[0] for more in ([], ["--typed"])
    )
    assert set(untyped["errors"]) == {"Invalid_Type_Columns"}
    assert typed["accepted"]
