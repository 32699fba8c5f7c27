"""One box of Azure's documentation in every format, to the last digit (formats.md section 9)."""

import json
import re

import pytest

from domain.geometry import Box
from domain.prediction import Instance, Instances, Task
from formats import FORMATS
from formats.base import Facts, Losses, Record, Role, WriteOptions

CORNERS = (0.260, 0.406, 0.735, 0.701)
SIZE = (499, 666)
CLASSES = ("can",)


def written(name, role, folder):
    """The text of the main file that holds the example, or the table of Parquet as rows."""
    target = FORMATS[name]()
    score = 0.75 if role is Role.PREDICTION else None
    facts = Facts(latency_s=0.25, timestamp=1_600_000_000.0) if role is Role.PREDICTION else Facts()
    content = Instances((Instance("1", "can", Box(*CORNERS), score),))
    record = Record(1, "", "Image_01.jpg", content, role=role, size=SIZE, facts=facts)
    options = WriteOptions(Task.DETECTION, CLASSES, now=1_600_000_000.0, suffix=target.suffix)
    fitted = target.fit(record, options, Losses())
    assert fitted is not None
    place = folder / f"example{target.suffix}"
    if not target.suffix:
        place.mkdir()
    files = target.write(place, iter([fitted]), options).files
    return place if target.suffix else files[0].parent if files[0].is_file() else files[0]


def test_azure_and_its_predictions(tmp_path):
    line = json.loads(written("azure-jsonl", Role.LABEL, tmp_path).read_text())
    expected = dict(zip(("topX", "topY", "bottomX", "bottomY"), CORNERS, strict=True))
    assert line["label"] == [{"label": "can", **expected}]
    batch = json.loads(written("azure-batch", Role.PREDICTION, tmp_path / "").read_text())
    assert batch["boxes"] == [{"box": expected, "label": "can", "score": 0.75}]
    [answer] = json.loads(written("azure-scoring", Role.PREDICTION, tmp_path).read_text())
    assert answer["boxes"] == batch["boxes"]


def test_coco_and_its_results(tmp_path):
    [annotation] = json.loads(written("coco", Role.LABEL, tmp_path).read_text())["annotations"]
    assert annotation["bbox"] == pytest.approx([129.74, 270.396, 237.025, 196.47], abs=1e-9)
    assert annotation["area"] == pytest.approx(46568.30, abs=0.005)
    [result] = json.loads(written("coco-results", Role.PREDICTION, tmp_path).read_text())
    assert result["bbox"] == pytest.approx([129.74, 270.396, 237.025, 196.47], abs=1e-9)


def test_cvat(tmp_path):
    text = written("cvat", Role.LABEL, tmp_path).read_text()
    assert re.search(r'xtl="129\.74" ytl="270\.396" xbr="366\.765" ybr="466\.866"', text)


def test_arize(tmp_path):
    import pyarrow.parquet as pq

    [row] = pq.read_table(written("arize", Role.PREDICTION, tmp_path)).to_pylist()
    boxes = row["prediction_bboxes"]
    assert boxes == [pytest.approx([129.74, 270.396, 366.765, 466.866], abs=1e-9)]


def test_picsellia(tmp_path):
    payload = json.loads(written("picsellia", Role.PREDICTION, tmp_path).read_text())
    assert payload["raw_predictions"]["detection_boxes"] == [[270, 130, 467, 367]]


def test_label_studio(tmp_path):
    [task] = json.loads(written("label-studio", Role.LABEL, tmp_path).read_text())
    value = task["annotations"][0]["result"][0]["value"]
    assert [value[key] for key in ("x", "y", "width", "height")] == [26.0, 40.6, 47.5, 29.5]


def test_yolo(tmp_path):
    folder = written("yolo", Role.LABEL, tmp_path)
    [row] = [file.read_text() for file in folder.rglob("Image_01.txt")]
    assert row.strip() == "0 0.4975 0.5535 0.475 0.295"


def test_voc_rounds(tmp_path):
    folder = written("voc", Role.LABEL, tmp_path)
    [text] = [file.read_text() for file in folder.rglob("Image_01.xml")]
    assert re.findall(r"<(?:xmin|ymin|xmax|ymax)>(\d+)<", text) == ["130", "270", "367", "467"]


def test_labelme(tmp_path):
    folder = written("labelme", Role.LABEL, tmp_path)
    [file] = folder.rglob("Image_01.json")
    [shape] = json.loads(file.read_text())["shapes"]
    assert [value for point in shape["points"] for value in point] == [129.74, 270.396, 366.765, 466.866]


def test_hugging_face_has_whole_pixels(tmp_path):
    [[found]] = json.loads(written("hugging-face", Role.PREDICTION, tmp_path).read_text())
    assert found["box"] == {"xmin": 130, "ymin": 270, "xmax": 367, "ymax": 467}


def test_every_format_of_boxes_is_here():
    tested = {"azure-jsonl", "azure-batch", "azure-scoring", "coco", "coco-results", "cvat", "arize", "picsellia"}
    tested |= {"label-studio", "yolo", "voc", "labelme", "hugging-face"}
    assert tested == {name for name, cls in FORMATS.items() if Task.DETECTION in cls.tasks}
