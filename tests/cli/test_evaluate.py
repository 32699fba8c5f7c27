import json

import pytest

URL = "azureml://subscriptions/a/resourcegroups/b/workspaces/c/datastores/d/paths/"


def write(path, lines):
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


def label(name, value, **details):
    extra = {"image_details": details} if details else {}
    return {"image_url": f"{URL}{name}", **extra, "label": value}


def probs(name, **scores):
    return {"filename": name, "labels": list(scores), "probs": list(scores.values())}


def box(sides, name="can", **more):
    return {"label": name, **dict(zip(("topX", "topY", "bottomX", "bottomY"), sides, strict=True)), **more}


def found(sides, score, name="can", **more):
    corners = dict(zip(("topX", "topY", "bottomX", "bottomY"), sides, strict=True))
    return {"box": corners, "label": name, "score": score, **more}


def figures(out):
    """First word(s) of a row -> its cells."""
    rows = (line.split("  ") for line in out.splitlines())
    return {row[0].strip(): [cell.strip() for cell in row[1:] if cell.strip()] for row in rows}


def test_classes_are_compared_with_a_table_and_a_confusion_matrix(run_cli, tmp_path):
    labels = write(tmp_path / "l.jsonl", [label("a.jpg", "can"), label("b.jpg", "can"), label("c.jpg", "jar")])
    answers = [probs("a.jpg", can=0.9, jar=0.1), probs("b.jpg", can=0.2, jar=0.8), probs("x/c.jpg", can=0.1, jar=0.9)]
    result = run_cli("evaluate", "--predictions", write(tmp_path / "p.jsonl", answers), "--labels", labels)

    assert (result.code, result.err) == (0, "")
    assert "3 of 3 labelled images compared." in result.out
    rows = figures(result.out)
    assert rows["accuracy"] == ["0.667"]
    assert rows["macro recall"] == ["0.750", "n = 2 of 2 classes"]
    assert result.out.splitlines()[-2:] == ["can    1    1", "jar    0    1"]


def test_what_is_undefined_is_a_dash_and_left_out_of_the_average(run_cli, tmp_path):
    labels = write(tmp_path / "l.jsonl", [label("a.jpg", "can"), label("b.jpg", "jar")])
    answers = [probs("a.jpg", can=1.0), probs("b.jpg", can=1.0)]
    result = run_cli("evaluate", "--predictions", write(tmp_path / "p.jsonl", answers), "--labels", labels)

    assert figures(result.out)["macro precision"] == ["0.500", "n = 1 of 2 classes"]
    [row] = [line.split() for line in result.out.splitlines() if line.startswith("jar") and "." in line]
    assert row[3:6] == ["–", "0.000", "0.000"]


def test_several_labels_an_image(run_cli, tmp_path):
    labels = write(tmp_path / "l.jsonl", [label("a.jpg", ["can", "jar"]), label("b.jpg", ["can"])])
    answers = [probs("a.jpg", can=0.9, jar=0.4), probs("b.jpg", can=0.7, jar=0.1)]
    predictions = write(tmp_path / "p.jsonl", answers)

    rows = figures(run_cli("evaluate", "--predictions", predictions, "--labels", labels).out)
    assert (rows["subset accuracy"], rows["Hamming loss"]) == (["0.500"], ["0.250"])
    assert rows["mAP"] == ["1.000", "n = 2 of 2 classes"]

    lower = run_cli("evaluate", "--predictions", predictions, "--labels", labels, "--threshold", 0.3)
    assert figures(lower.out)["subset accuracy"] == ["1.000"]
    assert "threshold is 3; expected 0 to 1" in (
        run_cli("evaluate", "--predictions", predictions, "--labels", labels, "--threshold", 3).err
    )


def test_boxes_and_masks(run_cli, tmp_path):
    ring = [0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5]
    half = [0.1, 0.1, 0.5, 0.5, 0.1, 0.5]
    labels = write(
        tmp_path / "l.jsonl",
        [label("a.jpg", [{"label": "can", "isCrowd": 0, "polygon": [ring]}], width="200px", height="200px")],
    )
    answers = [{"filename": "a.jpg", "boxes": [found((0.1, 0.1, 0.5, 0.5), 0.9, polygon=[half])]}]
    out = tmp_path / "numbers" / "all.json"
    result = run_cli(
        *("evaluate", "--predictions", write(tmp_path / "p.jsonl", answers), "--labels", labels, "--json", out)
    )
    rows = figures(result.out)
    assert rows["mAP@50:95"][0] == "1.000"
    assert rows["mAP@50"] == ["1.000", "1.000"]
    assert rows["mAP@75"] == ["1.000", "0.000"]
    stored = json.loads(out.read_text())["scores"]
    assert stored["masks"]["mean_ap_75"] == 0
    assert stored["boxes"]["classes"][0]["label"] == "can"


def test_what_is_left_out_is_counted(run_cli, tmp_path):
    labels = write(
        tmp_path / "l.jsonl",
        [
            label("a.jpg", [box((0.1, 0.1, 0.5, 0.5))]),
            label("b.jpg", [box((0.1, 0.1, 0.5, 0.5), isCrowd=1), box((0.6, 0.5, 0.4, 0.6))]),
            label("nobody.jpg", []),
            "broken",
        ],
    )
    answers = [{"filename": name, "boxes": [found((0.1, 0.1, 0.5, 0.5), 0.9)]} for name in ("a.jpg", "b.jpg", "c.jpg")]
    result = run_cli("evaluate", "--predictions", write(tmp_path / "p.jsonl", [*answers, "[]"]), "--labels", labels)

    assert result.code == 0
    for words in (
        "2 of 3 labelled images compared.",
        "Labelled images without a prediction, left out: 1.",
        "Predicted images without a label, left out: 1.",
        "Label lines that cannot be used: 1.",
        "Label lines with errors, which `validate` lists: 1.",
        "Prediction lines that cannot be used: 1.",
        "Labelled crowds, neither missed nor wrongly found: 1.",
        "Labelled boxes that are empty or upside down, left out: 1.",
    ):
        assert words in result.out


def test_lines_of_one_image_count_together(run_cli, tmp_path):
    labels = write(
        tmp_path / "l.jsonl", [label("a.jpg", [box((0.1, 0.1, 0.3, 0.3))]), label("a.jpg", [box((0.5, 0.5, 0.9, 0.9))])]
    )
    answers = [{"filename": "a.jpg", "boxes": [found((0.1, 0.1, 0.3, 0.3), 0.9), found((0.5, 0.5, 0.9, 0.9), 0.8)]}]
    result = run_cli("evaluate", "--predictions", write(tmp_path / "p.jsonl", answers), "--labels", labels)

    assert "1 of 1 labelled image compared." in result.out
    assert figures(result.out)["mAP@50:95"] == ["1.000"]


def test_a_match_by_file_name_alone_is_told(run_cli, tmp_path):
    labels = write(tmp_path / "l.jsonl", [label("train/a.jpg", "can")])
    predictions = write(tmp_path / "p.jsonl", [probs("/mnt/test/a.jpg", can=1.0)])
    result = run_cli("evaluate", "--predictions", predictions, "--labels", labels)
    assert "Images matched by their file name alone, in different folders: 1." in result.out


def test_a_model_is_asked_about_the_labelled_images_only(run_cli, classifier, photos, tmp_path):
    (photos / "empty.jpg").write_bytes(b"")
    labels = write(
        tmp_path / "l.jsonl", [label("a.jpg", "apple"), label("empty.jpg", "apple"), label("gone.jpg", "kiwi")]
    )
    result = run_cli("evaluate", *classifier, "--images", photos, "--labels", labels)

    assert result.code == 0
    assert "1 of 3 labelled images compared." in result.out
    assert "Labelled images that cannot be read: 1." in result.out
    assert "The model has no class 'kiwi'" in result.out
    assert "empty.jpg cannot be read. Found: 0 bytes." in result.err
    assert "Scoring: 2 of 2 images" in result.err


def test_a_model_of_several_labels_and_one_of_masks(run_cli, models, detector, photos, tmp_path):
    several = write(tmp_path / "m.jsonl", [label("a.jpg", ["apple"]), label("b.png", [])])
    options = ("--model", "demo/multilabel", "--weights", models / "multilabel.safetensors", "--images", photos)
    assert "subset accuracy" in run_cli("evaluate", *options, "--labels", several).out

    boxes = write(tmp_path / "b.jsonl", [label("a.jpg", [box((0.1, 0.1, 0.9, 0.9), name="apple")])])
    result = run_cli("evaluate", *detector, "--images", photos, "--labels", boxes)
    assert "mAP@50:95" in result.out
    assert "masks" not in result.out


def test_a_model_of_another_task_is_refused(run_cli, classifier, photos, tmp_path):
    labels = write(tmp_path / "l.jsonl", [label("a.jpg", [box((0.1, 0.1, 0.5, 0.5))])])
    result = run_cli("evaluate", *classifier, "--images", photos, "--labels", labels)
    assert result.code == 1
    assert "predicts multi-class classification; the labels are object detection" in result.err


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([probs("other.jpg", can=1.0)], "No labelled image has a prediction. The labels name for example azureml://"),
        (
            [{"filename": "a.jpg", "boxes": []}],
            "No line holds predictions for multi-class classification, of 1 in all.",
        ),
        (["nonsense"], "No line holds predictions"),
    ],
)
def test_predictions_that_do_not_fit_are_refused_with_the_reason(run_cli, tmp_path, lines, words):
    labels = write(tmp_path / "l.jsonl", [label("a.jpg", "can")])
    result = run_cli("evaluate", "--predictions", write(tmp_path / "p.jsonl", lines), "--labels", labels)
    assert (result.code, result.out) == (1, "")
    assert words in result.err


def test_labels_without_a_label_are_refused(run_cli, tmp_path):
    predictions = write(tmp_path / "p.jsonl", [probs("a.jpg", can=1.0)])
    result = run_cli("evaluate", "--predictions", predictions, "--labels", predictions)
    assert result.code == 1
    assert "No line holds labels" in result.err


def test_one_of_model_and_predictions_is_needed(run_cli, classifier, tmp_path):
    labels = write(tmp_path / "l.jsonl", [label("a.jpg", "can")])
    assert "One of --model and --predictions" in run_cli("evaluate", "--labels", labels).err
    assert "Add --images DIR" in run_cli("evaluate", *classifier, "--labels", labels).err


def test_a_confusion_matrix_of_many_classes_is_left_to_the_file(run_cli, tmp_path):
    names = [f"class{number:02}" for number in range(25)]
    labels = write(tmp_path / "l.jsonl", [label(f"{name}.jpg", name) for name in names])
    predictions = write(tmp_path / "p.jsonl", [probs(f"{name}.jpg", **{name: 1.0}) for name in names])
    out = tmp_path / "all.json"
    result = run_cli("evaluate", "--predictions", predictions, "--labels", labels, "--json", out)

    assert "The confusion matrix of 25 classes is in the file of --json." in result.out
    assert len(json.loads(out.read_text())["scores"]["multiclass"]["confusion"]) == 25
