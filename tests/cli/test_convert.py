import json

import pytest

URL = "azureml://datastores/d/paths/"


@pytest.fixture
def labels(tmp_path):
    boxes = [{"label": "can", "topX": 0.1, "topY": 0.2, "bottomX": 1.5, "bottomY": 0.4}]
    lines = [{"image_url": f"{URL}a.jpg", "label": boxes}, {"image_url": f"{URL}b.png", "label": []}]
    file = tmp_path / "labels.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def test_a_file_is_converted_and_every_loss_is_named(run_cli, labels, tmp_path):
    out = tmp_path / "out.jsonl"
    result = run_cli("convert", labels, out, "--to", "azure-jsonl")

    assert result.code == 0, result.err
    assert "Lost: coordinates outside the image, 1 time." in result.out
    assert f"  {URL}a.jpg, object 1: moved to the edge of the image" in result.out
    assert "Read back and compared: 2 records, no difference." in result.out
    assert f"Written: {out}" in result.out
    assert "2 errors found in the source; see the report." in result.err
    assert json.loads(out.read_text().splitlines()[0])["label"][0]["bottomX"] == 1.0


def test_an_mltable_makes_the_folder_a_data_set_and_one_of_others_is_left_alone(run_cli, labels, tmp_path):
    out = tmp_path / "out" / "train.jsonl"
    assert f"Written: {out.with_name('MLTable')}" in run_cli("convert", labels, out, "--to", "azure-jsonl").out
    assert "- file: ./train.jsonl" in out.with_name("MLTable").read_text()
    other = out.with_name("valid.jsonl")
    assert "Left alone: an MLTable" in run_cli("convert", labels, other, "--to", "azure-jsonl").out
    assert "- file: ./train.jsonl" in out.with_name("MLTable").read_text()


def test_the_report_can_be_printed_as_json(run_cli, labels, tmp_path):
    result = run_cli("convert", labels, tmp_path / "out.jsonl", "--to", "azure-jsonl", "--json")
    report = json.loads(result.out)
    assert (report["from"], report["to"]) == ("azure-jsonl", "azure-jsonl")
    assert report["classes"] == {"can": {"in": 1, "out": 1}}


def test_what_cannot_be_converted_is_told_in_one_sentence(run_cli, labels, tmp_path):
    result = run_cli("convert", labels, tmp_path / "out.jsonl", "--to", "azure-batch")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("relook: labels.jsonl: It holds labels; Azure batch predictions takes predictions.")
    assert run_cli("convert", labels, tmp_path / "out", "--to", "word").code == 1


def test_numbers_of_classes_get_names_from_a_list_or_a_file(run_cli, tmp_path):
    labels = tmp_path / "labels" / "train"
    labels.mkdir(parents=True)
    (labels / "a.txt").write_text("1 0.5 0.5 0.2 0.2\n")
    names = tmp_path / "names.txt"
    names.write_text("can\njar\n")
    for given in ("can,jar", names):
        out = tmp_path / "out.jsonl"
        result = run_cli("convert", labels.parent, out, "--from", "yolo", "--to", "azure-jsonl", "--classes", given)
        assert result.code == 0, result.err
        assert json.loads(out.read_text())["label"][0]["label"] == "jar"
    result = run_cli("convert", labels.parent, out, "--to", "azure-jsonl", "--classes", "a,,b")
    assert "A class name is empty" in result.err
