import json

import pytest

from domain.decision import Verdict
from domain.prediction import Labels, Task
from domain.settings import read_settings
from services.import_images import import_images
from services.import_labels import import_file
from services.projects import create_project
from services.review import Entry, record
from services.workspace import open_workspace

URL = "azureml://subscriptions/a/resourcegroups/b/workspaces/c/datastores/d/paths/"


@pytest.fixture
def project(home, photos, tmp_path):
    """A project of three photos: two labelled, of which one is corrected, and one unlabelled that was decided."""
    labels = tmp_path / "labels.jsonl"
    lines = [{"image_url": f"{URL}{name}", "label": "can"} for name in ("a.jpg", "b.png")]
    labels.write_text("".join(json.dumps(line) + "\n" for line in lines))
    workspace = open_workspace(read_settings())
    project = create_project(workspace, "Fridge", Task.CLASSIFICATION, str(photos))
    import_images(workspace, project.project_id)
    import_file(workspace, project.project_id, str(labels))
    decided = [
        Entry(1, "d1", "a.jpg", Verdict.CORRECT, Labels({"jar": 1.0})),
        Entry(2, "d2", "sub/c.jpg", Verdict.CORRECT, Labels({"=1+1": 1.0})),
    ]
    _, refused = record(workspace, project.project_id, "Ada", "tab", decided)
    assert refused == []
    workspace.close()
    return project


def test_corrected_labels_are_written_with_a_report_and_pass_the_validator(run_cli, project, photos, tmp_path):
    out = tmp_path / "out" / "fridge.jsonl"
    result = run_cli("export", "--project", "Fridge", "--out", out, "--url-prefix", f"{URL}photos/")

    assert result.code == 0, result.err
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["label"] for line in lines] == ["jar", "can", "=1+1"]
    assert lines[2]["image_url"] == f"{URL}photos/sub/c.jpg"
    assert "Read back and compared" in result.out
    assert f"Written: {out}" in result.out
    assert run_cli("validate", out, "--images", photos).code == 0


def test_images_that_no_label_file_names_need_a_prefix(run_cli, project, tmp_path):
    result = run_cli("export", "--project", "Fridge", "--out", tmp_path / "fridge.jsonl")
    assert result.code == 1
    assert "1 image has no address" in result.err
    assert not (tmp_path / "fridge.jsonl").exists()


def test_a_project_that_is_not_there_is_told_with_those_that_are(run_cli, project, tmp_path, monkeypatch):
    result = run_cli("export", "--project", "fridge", "--out", tmp_path / "x.jsonl")
    assert (result.code, result.err) == (1, "relook: There is no project named 'fridge'. Known: Fridge.\n")

    monkeypatch.setenv("RELOOK_HOME", str(tmp_path / "empty"))
    result = run_cli("export", "--project", "Fridge", "--out", tmp_path / "x.jsonl")
    assert f"Known: none in {tmp_path / 'empty'}." in result.err


def test_a_bundle_opens_in_another_home_and_exports_the_same_file(run_cli, project, photos, tmp_path, monkeypatch):
    bundle, first, second = tmp_path / "b" / "fridge.relook", tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    made = run_cli("bundle", "--project", "Fridge", "--out", bundle)
    assert (made.code, made.err) == (0, "")
    assert "Fridge: 3 images, 1 sources, 2 source lines," in made.out
    run_cli("export", "--project", "Fridge", "--out", first, "--url-prefix", URL)

    monkeypatch.setenv("RELOOK_HOME", str(tmp_path / "elsewhere"))
    moved = photos.rename(tmp_path / "moved")
    opened = run_cli("unbundle", bundle, "--images", moved)
    assert (opened.code, opened.out) == (0, "Opened as 'Fridge', multi-class classification: 3 images.\n")
    assert run_cli("export", "--project", "Fridge", "--out", second, "--url-prefix", URL).code == 0
    assert second.read_text() == first.read_text()


def test_a_bundle_opened_beside_its_project_gets_another_name(run_cli, project, tmp_path):
    bundle = tmp_path / "fridge.relook"
    run_cli("bundle", "--project", "Fridge", "--out", bundle)
    opened = run_cli("unbundle", bundle)
    assert opened.code == 0
    assert "Opened as 'Fridge (2)'" in opened.out
    assert f"The images are expected in {tmp_path / 'photos'}." in opened.out


def test_what_is_no_bundle_is_refused_in_a_sentence(run_cli, tmp_path):
    (tmp_path / "x.relook").write_text("not a zip")
    for file, words in (("x.relook", "This is no bundle, or it is damaged"), ("y.relook", "No such file")):
        result = run_cli("unbundle", tmp_path / file)
        assert (result.code, result.err.count("\n")) == (1, 1)
        assert words in result.err
