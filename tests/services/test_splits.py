"""Splits of a project: kept from what imports say, made where they are missing."""

from __future__ import annotations

import json
import shutil
from collections import Counter

import pytest
from PIL import Image

from domain.errors import InputError
from domain.prediction import Task
from domain.splits import SPLIT_TAG
from services.import_images import import_images
from services.importing import GivenFile, import_given
from services.projects import create_project
from services.splits import count_splits, divide_images
from tests.services.small_projects import draw_image, draw_images, files_of, label_line, make_project, write_lines

NAMES = [f"{number:02}.png" for number in range(20)]


@pytest.fixture
def folder(tmp_path):
    return draw_images(tmp_path / "photos", NAMES)


def splits_of(workspace, project):
    return {name: file.image.tags.get(SPLIT_TAG, "") for name, file in files_of(workspace, project).items()}


def read(workspace, project, path):
    import_given(workspace, project.project_id, GivenFile(path))
    return splits_of(workspace, project)


def test_files_of_azure_name_their_split(workspace, folder, tmp_path):
    project = make_project(workspace, folder, Task.CLASSIFICATION)
    read(workspace, project, write_lines(tmp_path / "train.jsonl", [label_line(n, "can") for n in NAMES[:5]]))
    found = read(workspace, project, write_lines(tmp_path / "fridge_val.jsonl", [label_line(NAMES[5], "can")]))
    assert [found[name] for name in NAMES[:7]] == [*["train"] * 5, "validation", ""]
    assert count_splits(workspace, project.project_id) == {"train": 5, "validation": 1, "": 14}


def test_folders_of_images_and_of_addresses_name_their_split(workspace, tmp_path):
    folder = draw_images(tmp_path / "photos", ["train/cat/a.png", "valid/b.png", "c.png"])
    project = make_project(workspace, folder, Task.CLASSIFICATION)
    assert splits_of(workspace, project) == {"train/cat/a.png": "train", "valid/b.png": "validation", "c.png": ""}

    line = label_line("c.png", "can") | {"image_url": "azureml://s/test/w/datastores/d/paths/photos/c.png"}
    assert read(workspace, project, write_lines(tmp_path / "one.jsonl", [line]))["c.png"] == ""
    line["image_url"] = "azureml://s/datastores/d/paths/photos/test/c.png"
    assert read(workspace, project, write_lines(tmp_path / "one.jsonl", [line]))["c.png"] == "test"


def test_a_split_that_a_person_made_outlives_reading_the_folder_again(workspace, tmp_path):
    folder = draw_images(tmp_path / "photos", [f"train/{name}" for name in NAMES])
    project = make_project(workspace, folder, Task.CLASSIFICATION)
    divide_images(workspace, project.project_id, anew=True)
    made = splits_of(workspace, project)
    assert len(set(made.values())) == 3
    import_images(workspace, project.project_id)
    assert splits_of(workspace, project) == made


def test_a_label_file_read_again_leaves_splits_that_a_person_made_and_says_so(workspace, folder, tmp_path):
    project = make_project(workspace, folder, Task.CLASSIFICATION)
    file = write_lines(tmp_path / "train.jsonl", [label_line(name, "can") for name in NAMES[:10]])
    read(workspace, project, file)
    divide_images(workspace, project.project_id)
    made = splits_of(workspace, project)
    assert [made[name] for name in NAMES[:10]] == ["train"] * 10
    assert read(workspace, project, write_lines(tmp_path / "test.jsonl", [label_line(NAMES[0], "can")]))[NAMES[0]] == (
        "test"  # an import said what it was before, and nobody here
    )
    divide_images(workspace, project.project_id, anew=True, seed=3)
    anew = splits_of(workspace, project)
    lost = sum(anew[name] != "train" for name in NAMES[:10])
    assert lost > 1

    (summary,) = import_given(workspace, project.project_id, GivenFile(file))

    assert splits_of(workspace, project) == anew
    found = [finding for finding in summary.findings if finding.code == "SPLIT"]
    assert [each.message for each in found] == [
        f"{lost} images keep the splits that were made here; the file names another."
    ]
    (asked,) = import_given(workspace, project.project_id, GivenFile(file, takes_splits=True))
    assert [splits_of(workspace, project)[name] for name in NAMES[:10]] == ["train"] * 10
    assert not any(finding.code == "SPLIT" for finding in asked.findings)


def test_a_file_of_another_format_leaves_them_too_and_its_other_tags_are_kept(workspace, folder, tmp_path):
    project = make_project(workspace, folder, Task.DETECTION)
    divide_images(workspace, project.project_id)
    made = splits_of(workspace, project)
    other = next(split for split in ("test", "train") if split != made[NAMES[0]])
    images = f'<image id="1" name="{NAMES[0]}" subset="{other}" width="40" height="30"></image>'
    (tmp_path / "cvat.xml").write_text(f"<annotations><version>1.1</version>{images}</annotations>")

    (summary, *_) = import_given(workspace, project.project_id, GivenFile(tmp_path / "cvat.xml"))

    assert splits_of(workspace, project) == made
    messages = [finding.message for finding in summary.findings]
    assert "1 image keeps the split that was made here; the file names another." in messages


def test_coco_names_the_split_by_its_file_or_by_the_folder_beside_others(workspace, folder, tmp_path):
    project = make_project(workspace, folder, Task.DETECTION)

    def coco(names):
        images = [{"id": n, "file_name": name, "width": 40, "height": 30} for n, name in enumerate(names, 1)]
        parts = [{"id": n, "image_id": n, "category_id": 1, "bbox": [1, 1, 9, 9]} for n in range(1, len(names) + 1)]
        return json.dumps({"images": images, "annotations": parts, "categories": [{"id": 1, "name": "can"}]})

    for place, names in (("train", NAMES[:2]), ("valid", NAMES[2:3])):
        (tmp_path / "set" / place).mkdir(parents=True)
        (tmp_path / "set" / place / "_annotations.coco.json").write_text(coco(names))
    (tmp_path / "instances_test2017.json").write_text(coco(NAMES[3:4]))
    read(workspace, project, tmp_path / "set" / "train" / "_annotations.coco.json")
    read(workspace, project, tmp_path / "set" / "valid" / "_annotations.coco.json")
    found = read(workspace, project, tmp_path / "instances_test2017.json")
    assert [found[name] for name in NAMES[:5]] == ["train", "train", "validation", "test", ""]


def test_yolo_names_splits_by_lists_and_by_what_data_yaml_points_at(workspace, folder, tmp_path):
    project = make_project(workspace, folder, Task.DETECTION)
    root = tmp_path / "set"
    for name in NAMES[:4]:
        (root / "labels").mkdir(parents=True, exist_ok=True)
        (root / "labels" / name.replace(".png", ".txt")).write_text("0 0.5 0.5 0.2 0.2\n")
    (root / "one.txt").write_text(f"./images/{NAMES[0]}\n./images/{NAMES[1]}\n")
    (root / "two.txt").write_text(f"./images/{NAMES[1]}\n./images/{NAMES[2]}\n")
    (root / "data.yaml").write_text("train: one.txt\nval: two.txt\nnames: [can]\n")
    found = read(workspace, project, root)
    assert [found[name] for name in NAMES[:4]] == ["train", "", "validation", ""]  # the second stands in both lists


def test_voc_names_splits_by_its_image_sets(workspace, folder, tmp_path):
    project = make_project(workspace, folder, Task.DETECTION)
    root = tmp_path / "VOC"
    for place in ("Annotations", "ImageSets/Main"):
        (root / place).mkdir(parents=True)
    for name in NAMES[:2]:
        text = f"<annotation><filename>{name}</filename><size><width>40</width><height>30</height></size></annotation>"
        (root / "Annotations" / name.replace(".png", ".xml")).write_text(text)
    (root / "ImageSets/Main/train.txt").write_text("00\n")
    (root / "ImageSets/Main/test.txt").write_text("01  1\n")
    (root / "ImageSets/Main/trainval.txt").write_text("00\n01\n")
    found = read(workspace, project, root)
    assert [found[name] for name in NAMES[:3]] == ["train", "test", ""]


def test_cvat_names_splits_by_the_subset_of_an_image(workspace, folder, tmp_path):
    project = make_project(workspace, folder, Task.DETECTION)
    images = "".join(
        f'<image id="{n}" name="{name}" subset="{subset}" width="40" height="30">'
        '<box label="can" xtl="1" ytl="1" xbr="9" ybr="9" occluded="0" z_order="0"/></image>'
        for n, (name, subset) in enumerate(zip(NAMES, ("Train", "Validation", "default"), strict=False))
    )
    (tmp_path / "cvat.xml").write_text(f"<annotations><version>1.1</version>{images}</annotations>")
    found = read(workspace, project, tmp_path / "cvat.xml")
    assert [found[name] for name in NAMES[:3]] == ["train", "validation", ""]


def test_tags_of_monitoring_files_are_kept_and_one_of_them_may_be_the_split(workspace, folder, tmp_path):
    project = make_project(workspace, folder, Task.CLASSIFICATION)
    payload = {"filename": NAMES[0], "content_type": "IMAGE/PNG", "height": 30, "width": 40, "latency": 0.25}
    payload |= {"raw_predictions": {"detection_classes": ["can"], "detection_scores": [0.5]}}
    payload |= {"tags": ["shift=night", "blurred", "split=val"]}
    (tmp_path / "monitor.jsonl").write_text(json.dumps(payload) + "\n")
    given = GivenFile(tmp_path / "monitor.jsonl", "picsellia", classes={0: "can"})
    import_given(workspace, project.project_id, given)
    tags = files_of(workspace, project)[NAMES[0]].image.tags
    assert tags == {"shift": "night", "blurred": "yes", SPLIT_TAG: "validation"}


def test_images_are_divided_evenly_by_class_and_equal_pictures_stay_together(workspace, folder, tmp_path):
    shutil.copy(folder / NAMES[0], folder / "copy.png")
    with Image.open(folder / NAMES[1]) as picture:
        soft = picture.resize((8, 6), Image.Resampling.BOX).resize((40, 30), Image.Resampling.BICUBIC)
    soft.save(folder / NAMES[1])
    soft.resize((80, 60), Image.Resampling.BICUBIC).save(folder / "larger.png")
    labels = {name: "can" if number < 10 else "jar" for number, name in enumerate(NAMES)}
    lines = [label_line(name, label) for name, label in {**labels, "copy.png": "can", "larger.png": "can"}.items()]
    project = make_project(workspace, folder, Task.CLASSIFICATION, lines=lines)

    made = divide_images(workspace, project.project_id, shares={"train": 60, "test": 40})
    found = splits_of(workspace, project)
    assert made.divided == 22
    assert made.together == 4
    assert Counter(found.values()) == made.counts
    assert abs(made.counts["train"] - 13.2) < 2
    assert found[NAMES[0]] == found["copy.png"]
    assert found[NAMES[1]] == found["larger.png"]
    jars = Counter(found[name] for name in NAMES[10:])
    assert jars == {"train": 6, "test": 4}


def test_only_images_without_a_split_are_divided_unless_asked(workspace, folder, tmp_path):
    project = make_project(workspace, folder, Task.CLASSIFICATION)
    read(workspace, project, write_lines(tmp_path / "test.jsonl", [label_line(n, "can") for n in NAMES[:6]]))
    assert divide_images(workspace, project.project_id).divided == 14
    found = splits_of(workspace, project)
    assert {found[name] for name in NAMES[:6]} == {"test"}
    assert set(found.values()) == {"train", "validation", "test"}
    assert divide_images(workspace, project.project_id).divided == 0


def test_pictures_that_all_look_alike_are_divided_all_the_same(workspace, tmp_path):
    for name in NAMES:
        draw_image(tmp_path / "photos" / name)
    for number, name in enumerate(NAMES):  # the same picture; other bytes
        with (tmp_path / "photos" / name).open("ab") as stream:
            stream.write(bytes([number]))
    project = make_project(workspace, tmp_path / "photos", Task.CLASSIFICATION)
    made = divide_images(workspace, project.project_id)
    assert "20 images look alike" in made.notes[0]
    assert made.counts["train"] == 14


@pytest.mark.parametrize(
    "shares", [{"train": 0.0}, {"train": -1.0, "test": 2.0}, {"train": float("nan")}, {"fold": 1.0}]
)
def test_shares_that_make_no_sense_are_refused(workspace, folder, shares):
    project = make_project(workspace, folder, Task.CLASSIFICATION)
    with pytest.raises(InputError):
        divide_images(workspace, project.project_id, shares=shares)


def test_a_project_without_images_says_so(workspace, tmp_path):
    (tmp_path / "empty").mkdir()
    project = create_project(workspace, "Empty", Task.CLASSIFICATION, str(tmp_path / "empty"))
    with pytest.raises(InputError, match="no images"):
        divide_images(workspace, project.project_id)
