import json

import pytest

GOOD = {"image_url": "azureml://subscriptions/a/resourcegroups/b/workspaces/c/datastores/d/paths/photos/a.jpg"}


def write(path, *lines):
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


def box(*sides, label="can"):
    return {"label": label, **dict(zip(("topX", "topY", "bottomX", "bottomY"), sides, strict=True))}


def test_a_good_file_passes_with_a_summary(run_cli, tmp_path):
    file = write(tmp_path / "labels.jsonl", {**GOOD, "label": "can"})
    result = run_cli("validate", file)
    assert result == (0, "labels.jsonl: 1 line of labels for multi-class classification; 0 errors, 0 warnings.\n", "")


def test_every_finding_has_place_code_object_and_remedy_and_an_error_gives_exit_code_1(run_cli, tmp_path):
    lines = (
        {**GOOD, "label": [box(0.1, 0.1, 0.5, 0.5)]},
        '{"image_url": "a.jpg", "label": [],}',
        {**GOOD, "label": [box(0.1, 0.1, 0.2, 0.2), box(0.6, 0.1, 0.4, 0.5)]},
        {**GOOD, "label": [box(10, 10, 200, 300)]},
    )
    result = run_cli("validate", write(tmp_path / "labels.jsonl", *lines))

    assert result.code == 1
    printed = result.out.splitlines()
    assert any(line.startswith("labels.jsonl:2:") and " error JL001: There is a comma" in line for line in printed)
    assert any(line.startswith("labels.jsonl:3:") and " error JL007: object 2: " in line for line in printed)
    assert any(line.startswith("labels.jsonl:4:") and " error JL006: object 1: " in line for line in printed)
    assert "4 lines of labels for object detection" in printed[-1]


def test_images_are_looked_for_and_decoded(run_cli, tmp_path, photos):
    (photos / "cut.jpg").write_bytes((photos / "a.jpg").read_bytes()[:600])
    names = ("a.jpg", "cut.jpg", "nowhere.jpg")
    file = write(
        tmp_path / "labels.jsonl", *({"image_url": GOOD["image_url"].replace("a.jpg", n), "label": "x"} for n in names)
    )
    assert run_cli("validate", file).code == 0

    result = run_cli("validate", file, "--images", photos)
    assert result.code == 1
    assert "labels.jsonl:2:" in result.out
    assert "The image file cut.jpg cannot be read." in result.out
    assert "No image file in the folder fits this image_url." in result.out
    assert "2 of 4 images named; 2 errors" in result.out.splitlines()[-1]


def test_prediction_files_are_known_by_their_lines(run_cli, tmp_path, photos):
    lines = (
        {"filename": "a.jpg", "probs": [0.2, 0.8], "labels": ["x", "y"]},
        {"filename": "b.png", "probs": [2, 0.8], "labels": ["x", "y"]},
        {"filename": "z.png", "probs": [0.5, 0.5], "labels": ["x", "y"]},
    )
    result = run_cli("validate", write(tmp_path / "p.jsonl", *lines), "--images", photos)

    assert result.code == 1
    assert "p.jsonl:2:" in result.out
    assert "PR007" in result.out
    assert "The prediction is for z.png; no image fits it." in result.out
    assert "3 lines of predictions" in result.out.splitlines()[-1]


def test_a_format_can_be_demanded(run_cli, tmp_path):
    file = write(tmp_path / "p.jsonl", {"filename": "a.jpg", "probs": [1.0], "labels": ["x"]})
    assert run_cli("validate", file).code == 0
    assert run_cli("validate", file, "--format", "azure-jsonl").code == 1
    assert "invalid choice: 'word'" in run_cli("validate", file, "--format", "word").err


def test_json_holds_the_findings_and_the_counts(run_cli, tmp_path):
    result = run_cli("validate", write(tmp_path / "labels.jsonl", {"label": "can"}, "nonsense"), "--json")
    found = json.loads(result.out)

    assert result.code == 1
    assert (found["file"], found["format"], found["lines"], found["images"]) == ("labels.jsonl", "azure-jsonl", 2, None)
    assert found["errors"] == sum(finding["severity"] == "error" for finding in found["findings"]) == 2
    assert found["findings"][0].keys() == {
        *("code", "severity", "message", "file", "line", "column", "annotation", "remedy")
    }


@pytest.mark.parametrize("label", ["<script>alert(1)</script>", '=HYPERLINK("http://x")', "a\x1b[2Jb", "\u202eevil"])
def test_hostile_class_names_are_plain_text_on_the_terminal(run_cli, tmp_path, label):
    lines = ({**GOOD, "label": [box(0.1, 0.1, 0.2, 0.2, label=label) | {label: 1}]},)
    result = run_cli("validate", write(tmp_path / "labels.jsonl", *lines))

    assert "\x1b" not in result.out
    assert "\u202e" not in result.out
    assert result.err == ""


def test_a_file_that_is_missing_empty_or_a_folder_is_one_sentence(run_cli, tmp_path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    for file, words in (
        ("nowhere.jsonl", "No such file"),
        ("empty.jsonl", "0 bytes"),
        (".", "This folder is in no format"),
    ):
        result = run_cli("validate", tmp_path / file)
        assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
        assert words in result.err


def test_a_file_of_garbage_has_findings_and_no_traceback(run_cli, tmp_path):
    file = tmp_path / "labels.jsonl"
    file.write_bytes(bytes(range(256)) * 20)
    result = run_cli("validate", file)
    assert result.code == 1
    assert "JL001" in result.out
