"""The harness itself: what it must bark at, and that it spoils files at all."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.azure.scoring import AzureScoring
from formats.base import FileReport, ReadOptions, Record
from tests.fuzz.checking import Hang, Reading, judge, judge_loss, run_case, watching
from tests.fuzz.mutations import JSON, TEXT, TOKENS, XML, in_archive, mutations_for
from tests.fuzz.specimens import Specimen, make_specimens

DOCUMENT = json.dumps({"a": [{"b": 1, "c": [0.5, "x"]}, {"b": True}], "d": "text"}).encode()
LINES = b'{"a": [1, {"b": 2}]}\n{"c": [3, {"d": 4}]}\n'
MARKUP = b'<?xml version="1.0"?>\n<a b="c"><d e="f">word</d><g h="i"/></a>\n'


@pytest.fixture(scope="module")
def specimens(tmp_path_factory: pytest.TempPathFactory) -> list[Specimen]:
    return make_specimens("azure-scoring", tmp_path_factory.mktemp("fuzz") / "specimens")


def run_some(specimens: list[Specimen], folder: Path, *, count: int = 60) -> set[str]:
    found = [run_case(specimens, case, "test", folder / "scratch") for case in range(count)]
    return {violation.kind for violation in found if violation is not None}


def test_sound_readers_pass_and_every_file_is_put_back(specimens: list[Specimen], tmp_path: Path) -> None:
    assert run_some(specimens, tmp_path) == set()
    for specimen in specimens:
        for name, content in specimen.files:
            assert (specimen.root / name).read_bytes() == content


def test_an_exception_is_told(specimens: list[Specimen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = AzureScoring.read

    def read(self: AzureScoring, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        yield from sound(self, path, options, report)
        if report.findings and any(finding.code == "PR001" for finding in report.findings):
            raise KeyError("boxes")

    monkeypatch.setattr(AzureScoring, "read", read)
    assert run_some(specimens, tmp_path) == {"raised"}


def test_a_reader_that_says_nothing_is_told(
    specimens: list[Specimen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = AzureScoring.read

    def read(self: AzureScoring, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        for record in sound(self, path, options, report):
            if not record.findings:
                yield record
        report.findings.clear()

    monkeypatch.setattr(AzureScoring, "read", read)
    assert run_some(specimens, tmp_path) == {"silent drop"}


def wait_forever() -> None:
    while True:
        time.monotonic()


def test_what_takes_too_long_is_told() -> None:
    with pytest.raises(Hang), watching(1):
        wait_forever()


def reading(content: Content | None, *, told: bool = False) -> Reading:
    report = FileReport("a.json")
    if told:
        report.add("EX009", "Something.")
    return Reading((Record(1, "", "a.jpg", content),), report)


def objects(*items: Instance) -> Instances:
    return Instances(items)


ITEM = Instance("1", "can", Box(0.1, 0.1, 0.5, 0.5), 0.5)


@pytest.mark.parametrize(
    "content",
    [
        objects(replace(ITEM, box=Box(0.1, 0.1, float("nan"), 0.5))),
        objects(replace(ITEM, polygons=((float("inf"), 0.1),))),
        objects(replace(ITEM, score=1.5)),
        objects(replace(ITEM, label="a\ud800")),
        objects(replace(ITEM, label="a\0")),
        objects(ITEM, ITEM),
        Labels({"can": float("nan")}),
        None,
    ],
)
def test_content_nobody_can_keep_is_told(content: Content | None) -> None:
    assert judge(reading(content)) is not None
    assert judge(reading(objects(ITEM))) is None
    assert judge(reading(None, told=True)) is None


def test_a_loss_needs_a_new_finding() -> None:
    whole, empty = reading(objects(ITEM)), reading(Instances())
    assert judge_loss(whole, empty, may_lose=False) == ("silent drop", "objects lost")
    assert judge_loss(whole, Reading((), FileReport("a")), may_lose=False) == ("silent drop", "images lost")
    assert judge_loss(whole, empty, may_lose=True) is None
    assert judge_loss(whole, reading(Instances(), told=True), may_lose=False) is None
    assert judge_loss(reading(objects(ITEM), told=True), reading(Instances(), told=True), may_lose=False) is not None


@pytest.mark.parametrize(
    ("data", "mutations"), [(DOCUMENT, JSON), (LINES, JSON), (MARKUP, XML), (b"0 0.5 word\n", TOKENS), (LINES, TEXT)]
)
def test_every_mutation_spoils(data: bytes, mutations: list) -> None:
    for mutation in mutations:
        made = {mutation.change(data, Random(number)) for number in range(20)}
        assert made - {data}, mutation.name
        assert mutation.change(data, Random(3)) == mutation.change(data, Random(3))


def test_the_kind_of_file_chooses_the_mutations() -> None:
    names = {mutation.name for mutation in mutations_for(DOCUMENT)}
    assert "key dropped" in names
    assert "entities" in {mutation.name for mutation in mutations_for(MARKUP)}
    assert "token dropped" in {mutation.name for mutation in mutations_for(b"0 0.5\n")}
    assert {mutation.name for mutation in mutations_for(b"PAR1\0\0")} < names


def test_an_archive_is_spoiled_inside() -> None:
    import io
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("annotations.xml", MARKUP)
    spoiled = in_archive(XML[1]).change(stream.getvalue(), Random(1))
    with zipfile.ZipFile(io.BytesIO(spoiled)) as archive:
        assert b"<X" in archive.read("annotations.xml")


def test_every_task_has_specimens(specimens: list[Specimen]) -> None:
    assert {specimen.task for specimen in specimens} == set(Task)
