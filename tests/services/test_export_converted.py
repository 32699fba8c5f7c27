import json

import pytest

from domain.decision import Verdict
from domain.errors import InputError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Task
from services.exporting import export_project, needs_url_prefix
from services.importing import GivenFile, import_given
from tests.services.small_projects import PREFIX, decide, draw_images, label_line, make_project, write_lines


def coco(path, *names):
    images = [{"id": number, "file_name": name, "width": 40, "height": 30} for number, name in enumerate(names, 1)]
    boxes = [
        {"id": number, "image_id": number, "category_id": 1, "bbox": [4, 6, 8, 12], "area": 96, "iscrowd": 0}
        for number in range(1, len(names) + 1)
    ]
    path.write_text(json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "can"}]}))
    return GivenFile(path)


@pytest.fixture
def project(workspace, tmp_path):
    """Four images; COCO labels for three of them and one that is not there."""
    folder = draw_images(tmp_path / "photos", ["a.png", "b.png", "c.png", "d.png"])
    project = make_project(workspace, folder, Task.DETECTION)
    import_given(workspace, project.project_id, coco(tmp_path / "c.json", "a.png", "b.png", "c.png", "gone/x.png"))
    return project


def written(export):
    lines = [json.loads(line) for line in export.path.read_text().splitlines()]
    return {line["image_url"].removeprefix(PREFIX + "/"): line for line in lines}


def test_labels_of_another_format_become_lines_with_the_decisions_taken(workspace, project, tmp_path):
    decide(workspace, project, "b.png", Verdict.CORRECT, Instances((Instance("n", "jar", Box(0, 0, 0.5, 0.5)),)))
    decide(workspace, project, "c.png", Verdict.REJECT, None)

    export = export_project(workspace, project.project_id, tmp_path / "out.jsonl", url_prefix=PREFIX)

    lines = written(export)
    assert list(lines) == ["a.png", "b.png", "gone/x.png"]
    assert lines["a.png"]["label"] == [
        {"label": "can", "topX": 0.1, "topY": 0.2, "bottomX": 0.3, "bottomY": 0.6, "isCrowd": 0}
    ]
    assert lines["a.png"]["image_details"] == {"format": "png", "width": 40, "height": 30}
    assert [item["label"] for item in lines["b.png"]["label"]] == ["jar"]
    assert dict(export.counts) == {"converted": 2, "corrected": 1, "left out": 1}
    assert export.differences == 0
    rows = {row.checked: (row.in_project, row.in_file) for row in export.parity}
    assert rows["Converted lines"] == (2, 2)
    assert rows["Objects"] == (4, 3)


def test_they_need_the_address_of_the_folder(workspace, project, tmp_path):
    assert needs_url_prefix(workspace, project.project_id) == 4
    with pytest.raises(InputError, match="have no address"):
        export_project(workspace, project.project_id, tmp_path / "out.jsonl")


def test_a_newer_file_of_lines_holds_against_an_older_one(workspace, project, tmp_path):
    newer = write_lines(tmp_path / "newer.jsonl", [label_line("a.png", [])])
    import_given(workspace, project.project_id, GivenFile(newer))
    export = export_project(workspace, project.project_id, tmp_path / "out.jsonl", url_prefix=PREFIX)
    assert written(export)["a.png"]["label"] == []
    assert export.left_out == {"a.png": "c.json: a newer file has this image"}
    assert export.differences == 0
