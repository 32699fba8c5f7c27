"""The demo on disk: valid lines, same bytes for the same seed, and planted errors that can be found again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demo.dataset import FOLDERS, URL_PREFIX, write_dataset
from demo.objects import CLASSES
from domain.errors import Cancelled, InputError
from domain.prediction import Task

IMAGES = 30


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_dataset(folder, images=IMAGES, seed=21)
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_dataset(tmp_path / name, images=3, seed=5)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_another_seed_writes_other_images(tmp_path: Path) -> None:
    write_dataset(tmp_path / "a", images=1, seed=5)
    write_dataset(tmp_path / "b", images=1, seed=6)
    first, second = digests(tmp_path / "a"), digests(tmp_path / "b")
    assert all(first[name] != second[name] for name in first if name.endswith(".jpg"))


@pytest.mark.parametrize("folder", FOLDERS.values())
def test_every_line_names_a_file_of_the_stated_size(demo: Path, folder: str) -> None:
    for name in ("labels.jsonl", "truth.jsonl"):
        records = lines(demo / folder / name)
        assert len(records) == IMAGES
        for record in records:
            assert list(record) == ["image_url", "image_details", "label"]
            relative = record["image_url"].removeprefix(URL_PREFIX)
            with Image.open(demo / relative) as image:
                assert image.size == (record["image_details"]["width"], record["image_details"]["height"]) == (499, 666)
                assert image.format == "JPEG"


def test_labels_have_the_shape_of_their_task(demo: Path) -> None:
    for record in lines(demo / "classification/labels.jsonl"):
        assert record["label"] in CLASSES
    for record in lines(demo / "multilabel/labels.jsonl"):
        assert set(record["label"]) <= set(CLASSES)
        assert len(set(record["label"])) == len(record["label"])
    for record in lines(demo / "detection/labels.jsonl"):
        for thing in record["label"]:
            assert list(thing) == ["label", "topX", "topY", "bottomX", "bottomY", "isCrowd"]
            assert 0 <= thing["topX"] < thing["bottomX"] <= 1
            assert 0 <= thing["topY"] < thing["bottomY"] <= 1
    for record in lines(demo / "segmentation/labels.jsonl"):
        for thing in record["label"]:
            assert list(thing) == ["label", "isCrowd", "polygon"]
            assert all(len(ring) >= 6 and len(ring) % 2 == 0 for ring in thing["polygon"])
            assert all(0 <= value <= 1 for ring in thing["polygon"] for value in ring)


@pytest.mark.parametrize("task", FOLDERS)
def test_about_eight_percent_of_the_labels_are_wrong(demo: Path, task: Task) -> None:
    folder = demo / FOLDERS[task]
    truth = lines(folder / "truth.jsonl")
    labels = sum(len(record["label"]) for record in truth) if task.has_objects else len(truth)
    assert abs(len(lines(folder / "planted_errors.jsonl")) - 0.08 * labels) <= 0.5


@pytest.mark.parametrize("folder", ["detection", "segmentation"])
def test_objects_have_errors_of_all_four_kinds(demo: Path, folder: str) -> None:
    kinds = {error["kind"] for error in lines(demo / folder / "planted_errors.jsonl")}
    assert kinds == {"wrong_class", "missing_object", "shifted_box", "spurious_object"}


@pytest.mark.parametrize("folder", FOLDERS.values())
def test_lines_differ_from_the_truth_exactly_where_an_error_is_listed(demo: Path, folder: str) -> None:
    given, truth = (lines(demo / folder / name) for name in ("labels.jsonl", "truth.jsonl"))
    different = [a["image_url"] for a, b in zip(given, truth, strict=True) if a != b]
    assert different == [error["image_url"] for error in lines(demo / folder / "planted_errors.jsonl")]


@pytest.mark.parametrize("folder", ["detection", "segmentation"])
def test_undoing_the_listed_errors_gives_the_truth(demo: Path, folder: str) -> None:
    given = {record["image_url"]: record["label"] for record in lines(demo / folder / "labels.jsonl")}
    for error in lines(demo / folder / "planted_errors.jsonl"):
        things = given[error["image_url"]]
        if error["given_index"] is not None:
            assert things.pop(error["given_index"]) == error["given"]
        if error["truth_index"] is not None:
            things.insert(error["truth_index"], error["truth"])
    assert given == {record["image_url"]: record["label"] for record in lines(demo / folder / "truth.jsonl")}


def test_undoing_the_listed_errors_gives_the_true_classes(demo: Path) -> None:
    for folder in ("classification", "multilabel"):
        truth = {record["image_url"]: record["label"] for record in lines(demo / folder / "truth.jsonl")}
        given = {record["image_url"]: record["label"] for record in lines(demo / folder / "labels.jsonl")}
        for error in lines(demo / folder / "planted_errors.jsonl"):
            mended = {given[error["image_url"]]} if folder == "classification" else set(given[error["image_url"]])
            mended = (mended - {error["given"]}) | ({error["truth"]} - {None})
            right = truth[error["image_url"]]
            assert mended == ({right} if folder == "classification" else set(right))


def test_progress_counts_every_image_and_can_stop_the_work(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    def stop_at_third(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 3:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        write_dataset(tmp_path, images=2, report=stop_at_third)
    assert seen == [(1, 8), (2, 8), (3, 8)]
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(("images", "seed"), [(0, 1), (-1, 1), (1, -1)])
def test_an_impossible_demo_is_refused(tmp_path: Path, images: int, seed: int) -> None:
    with pytest.raises(InputError, match="cannot be drawn"):
        write_dataset(tmp_path, images=images, seed=seed)
