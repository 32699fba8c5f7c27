"""What holds for every format: writing what `fit` returned and reading it gives the same, and `fit` is done at once.

A format joins by being registered.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from domain.geometry import Box, bounding_box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats import FORMATS, Format
from formats.base import FileReport, ImageFacts, Losses, ReadOptions, Record, Role, WriteOptions
from formats.base.files import look_at

CLASSES = ("can", "milk bottle", "carton")
SIZE = (499, 666)
NOW = 1_700_000_000.0
EVERY_WAY = [
    pytest.param(name, role, task, id=f"{name}-{role}-{task}")
    for name, cls in FORMATS.items()
    if cls.can_write
    for role in sorted(cls.roles)
    for task in sorted(cls.tasks)
]
HOSTILE_NAMES = [
    'a "quoted" name',
    "it's <b>bold</b> & more",
    "two\nlines\r\nand\ta tab",
    "Flasche Öl ÄÖÜ 牛奶 🥛",
    " spaces around ",
    "control \x01 and \x1f",
    "half a pair \ud83d",
    "=1+1",
    "null",
    "yes",
    "1",
    "{}: [x]",
    "a,b;c|d",
    "\ufeffmark",
    "not\ufffea letter",
]

fractions = st.floats(0, 1, allow_nan=False, width=64)
wild_fractions = st.floats(-0.5, 1.5, allow_nan=False)
round_fractions = st.integers(0, 10).map(lambda number: number / 10)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one image file that all names mean."""
    file = tmp_path_factory.mktemp("pictures") / "picture.png"
    Image.new("RGB", SIZE, "navy").save(file)
    return file


@st.composite
def boxes(draw: st.DrawFn, edges: st.SearchStrategy[float]) -> Box:
    x, y = sorted([draw(edges), draw(edges)]), sorted([draw(edges), draw(edges)])
    return Box(x[0], y[0], x[1], y[1])


@st.composite
def objects(draw: st.DrawFn, task: Task, role: Role, edges: st.SearchStrategy[float]) -> Instance:
    rings = (
        draw(st.lists(st.lists(st.tuples(edges, edges), min_size=1, max_size=6), max_size=3))
        if task is Task.SEGMENTATION
        else []
    )
    polygons = tuple(tuple(value for point in ring for value in point) for ring in rings)
    return Instance(
        "placeholder",
        draw(st.sampled_from(CLASSES)),
        bounding_box(polygons) or draw(boxes(edges)),
        score=draw(st.none() | fractions if role is Role.LABEL else fractions),
        polygons=polygons,
        is_crowd=draw(st.sampled_from([None, True, False])),
    )


def contents(task: Task, role: Role, edges: st.SearchStrategy[float] = fractions) -> st.SearchStrategy[Content]:
    if task.has_objects:
        return st.lists(objects(task, role, edges), max_size=4).map(lambda items: Instances(tuple(items)))
    if role is Role.PREDICTION:
        return st.lists(fractions, min_size=3, max_size=3).map(
            lambda scores: Labels(dict(zip(CLASSES, scores, strict=True)))
        )
    sizes = (1, 1) if task is Task.CLASSIFICATION else (0, 3)
    return st.lists(st.sampled_from(CLASSES), unique=True, min_size=sizes[0], max_size=sizes[1]).map(
        lambda names: Labels(dict.fromkeys(names, 1.0))
    )


def numbered(content: Content, prefix: str) -> Content:
    if isinstance(content, Labels):
        return content
    items = [
        Instance(f"{prefix}.{index}", item.label, item.box, item.score, item.polygons, item.is_crowd)
        for index, item in enumerate(content.items)
    ]
    return Instances(tuple(items))


def record(content: Content, role: Role, number: int = 1, image: str = "") -> Record:
    return Record(number, "", image or f"photos/{number}.jpg", numbered(content, f"r{number}"), role=role, size=SIZE)


def write_options(task: Task, picture: Path, classes: tuple[str, ...] = CLASSES) -> WriteOptions:
    return WriteOptions(task, classes, model="detector 2", image_file=lambda _path: picture, now=NOW)


def read_options(task: Task, classes: tuple[str, ...] = CLASSES) -> ReadOptions:
    return ReadOptions(task, dict(enumerate(classes)), find_image=lambda address: ImageFacts(address, *SIZE), now=NOW)


def fit_all(found: Format, records: list[Record], options: WriteOptions) -> list[Record]:
    """Fit, check that a second time changes and notes nothing, and return what is left."""
    fitted = []
    for each in records:
        once = found.fit(each, options, Losses())
        if once is not None:
            again = Losses()
            assert found.fit(once, options, again) == once
            assert again.examples == {}
            fitted.append(once)
    return fitted


def read_back(found: Format, records: list[Record], options: WriteOptions, reading: ReadOptions) -> list[Record]:
    with TemporaryDirectory() as folder:
        place = Path(folder) / f"written{found.suffix}"
        if not found.suffix:
            place.mkdir()
        found.write(place, iter(records), options)
        report = FileReport(place.name, found.rules, task=reading.task)
        return list(found.read(place, reading, report))


def check_same(meant: list[Record], read: list[Record], precision: float) -> None:
    assert [(each.image_url, each.role, each.facts.model) for each in read] == [
        (each.image_url, each.role, each.facts.model) for each in meant
    ]
    for left, right in zip(meant, read, strict=True):
        check_content(left.content, right.content, precision)


def check_content(meant: Content | None, read: Content | None, precision: float) -> None:
    if isinstance(meant, Labels):
        assert isinstance(read, Labels)
        assert dict(read.scores) == pytest.approx(dict(meant.scores), abs=1e-9)
        return
    assert isinstance(meant, Instances)
    assert isinstance(read, Instances)
    assert [(item.label, item.is_crowd) for item in read.items] == [(item.label, item.is_crowd) for item in meant.items]
    assert len({item.instance_id for item in read.items}) == len(read.items)
    for left, right in zip(meant.items, read.items, strict=True):
        assert right.score == (left.score if left.score is None else pytest.approx(left.score, abs=1e-9))
        assert right.box.as_tuple() == pytest.approx(left.box.as_tuple(), abs=precision)
        assert len(right.polygons) == len(left.polygons)
        for one, other in zip(left.polygons, right.polygons, strict=True):
            assert other == pytest.approx(one, abs=precision)


@pytest.mark.parametrize(("name", "role", "task"), EVERY_WAY)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_what_was_fitted_and_written_reads_back_the_same(
    name: str, role: Role, task: Task, picture: Path, data: st.DataObject
) -> None:
    found = FORMATS[name]()
    edges = data.draw(st.sampled_from([fractions, wild_fractions, round_fractions]))
    drawn = data.draw(st.lists(contents(task, role, edges), min_size=1, max_size=3))
    records = [record(content, role, number) for number, content in enumerate(drawn, start=1)]
    options = write_options(task, picture)
    fitted = fit_all(found, records, options)
    if fitted:
        check_same(fitted, read_back(found, fitted, options, read_options(task)), found.precision)


@pytest.mark.parametrize(("name", "role", "task"), EVERY_WAY)
def test_an_ordinary_record_is_held(name: str, role: Role, task: Task, picture: Path) -> None:
    found = FORMATS[name]()
    options = write_options(task, picture)
    fitted = fit_all(found, [record(ordinary(task, role), role)], options)
    assert len(fitted) == 1
    check_same(fitted, read_back(found, fitted, options, read_options(task)), found.precision)


@pytest.mark.parametrize(("name", "role", "task"), EVERY_WAY)
@pytest.mark.parametrize("hostile", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_hostile_class_names_come_back_as_fitted(
    name: str, role: Role, task: Task, hostile: str, picture: Path
) -> None:
    found = FORMATS[name]()
    classes = (hostile, *CLASSES[1:])
    renamed = rename(ordinary(task, role), {CLASSES[0]: hostile})
    fitted = fit_all(found, [record(renamed, role)], write_options(task, picture, classes))
    if not fitted:
        return
    known = (*dict.fromkeys([*names_in(fitted[0].content), *classes]),)
    options = write_options(task, picture, known)
    check_same(fitted, read_back(found, fitted, options, read_options(task, known)), found.precision)


@pytest.mark.parametrize(("name", "role", "task"), EVERY_WAY)
def test_its_own_files_are_recognised_and_by_nobody_else(
    name: str, role: Role, task: Task, picture: Path, tmp_path: Path
) -> None:
    found = FORMATS[name]()
    options = write_options(task, picture)
    place = tmp_path / f"written{found.suffix}"
    if not found.suffix:
        place.mkdir()
    found.write(place, fit_all(found, [record(ordinary(task, role), role)], options), options)
    start = look_at(place)
    assert [other for other, cls in FORMATS.items() if cls().recognises(start)] == [name]


@pytest.mark.parametrize("name", list(FORMATS))
def test_the_facts_for_menus_and_docs_are_there(name: str) -> None:
    cls = FORMATS[name]
    assert cls.title
    assert cls.summary
    assert not cls.summary.endswith(".")
    assert cls.roles
    assert cls.tasks
    assert cls.__doc__
    assert all(sentence.endswith(".") for sentence in cls.losses.values())
    assert len({rule.code for rule in cls.rules}) == len(cls.rules)


@pytest.mark.parametrize("name", list(FORMATS))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=st.binary(max_size=300))
def test_recognising_never_raises(name: str, head: bytes, tmp_path: Path) -> None:
    file = tmp_path / "unknown.bin"
    file.write_bytes(head or b"\n")
    assert FORMATS[name]().recognises(look_at(file)) in {True, False}


def ordinary(task: Task, role: Role) -> Content:
    """A record as it stands in many data sets."""
    score = 0.875 if role is Role.PREDICTION else None
    if not task.has_objects:
        present = {"can": 0.75, "milk bottle": 0.1875, "carton": 0.0625} if role is Role.PREDICTION else {"can": 1.0}
        return Labels(present)
    rings = ((0.26, 0.406, 0.735, 0.406, 0.735, 0.701),) if task is Task.SEGMENTATION else ()
    return Instances((Instance("r1.0", "can", Box(0.26, 0.406, 0.735, 0.701), score, rings),))


def rename(content: Content, names: Mapping[str, str]) -> Content:
    if isinstance(content, Labels):
        return Labels({names.get(name, name): score for name, score in content.scores.items()})
    items = [
        Instance(item.instance_id, names.get(item.label, item.label), item.box, item.score, item.polygons)
        for item in content.items
    ]
    return Instances(tuple(items))


def names_in(content: Content | None) -> list[str]:
    if isinstance(content, Labels):
        return list(content.scores)
    return [item.label for item in content.items] if isinstance(content, Instances) else []
