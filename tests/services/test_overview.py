from __future__ import annotations

from domain.decision import Verdict
from domain.prediction import Task
from services.import_images import import_images
from services.overview import ClassRow, fetch_overview
from services.shown import as_shown
from tests.services.small_projects import box, boxes_line, decide, draw_images, label_line, make_project, state_of

CAN = box("can", 0.1, 0.2, 0.5, 0.6)
MILK = box("milk", 0.1, 0.2, 0.5, 0.6)


def test_an_empty_project_has_an_overview_too(workspace, tmp_path):
    project = make_project(workspace, draw_images(tmp_path / "photos", ["a.png"]), Task.DETECTION)

    overview = fetch_overview(workspace, project)

    assert (overview.folder.images, overview.model, overview.predicted, overview.labelled) == (1, None, 0, 0)
    assert (overview.sources, overview.findings, overview.classes, overview.decided) == ((), (), (), 0)
    assert overview.is_scored is False


def test_sources_classes_and_progress_are_counted(workspace, photos):
    project = make_project(
        workspace,
        photos,
        Task.DETECTION,
        lines=[label_line("a.png", [CAN, CAN]), label_line("b.png", [MILK]), label_line("sub/c.png", [])],
        predictions=[boxes_line("a.png", (0.9, CAN), (0.4, MILK)), boxes_line("b.png", (0.9, CAN))],
    )
    decide(
        workspace, project, "a.png", Verdict.ACCEPT, as_shown(state_of(workspace, project, "a.png"), project).content
    )
    decide(workspace, project, "b.png", Verdict.SKIP, reviewer="Ben")

    overview = fetch_overview(workspace, project)

    assert (overview.labelled, overview.predicted, overview.decided) == (3, 2, 1)
    assert overview.verdicts == {"accept": 1, "skip": 1}
    assert overview.reviewers == {"Ana": 1, "Ben": 1}
    assert [(source.file, source.kind, source.used_count, source.object_count) for source in overview.sources] == [
        ("labels.jsonl", "labels", 3, 3),
        ("predictions.jsonl", "predictions", 2, 3),
    ]
    assert overview.classes == (ClassRow("can", 2, 2, 0.5), ClassRow("milk", 1, 0, 0.0))
    assert [image.image_id for image in overview.first_images] == ["a.png", "b.png", "sub/c.png"]


def test_what_is_wrong_with_files_and_images_is_listed_together(workspace, photos):
    (photos / "b.png").write_bytes(b"")
    (photos / "camera.nef").write_bytes(b"raw")
    project = make_project(workspace, photos, Task.DETECTION, lines=["{broken", label_line("z.png", [CAN])])
    (photos / "sub" / "c.png").unlink()
    import_images(workspace, project.project_id)

    overview = fetch_overview(workspace, project)

    assert {(finding.code, finding.file) for finding in overview.findings} == {
        ("JL001", "labels.jsonl"),
        ("JL011", "labels.jsonl"),
        ("FILE", "camera.nef"),
        ("UNREADABLE", "b.png"),
        ("MISSING", "sub/c.png"),
    }
    assert [image.image_id for image in overview.first_images] == ["a.png"]
