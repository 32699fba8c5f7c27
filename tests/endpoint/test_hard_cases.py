"""Cases that other tools got wrong, through the routes and out into a file. `docs/review-tests.md` lists them all."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain.prediction import Task
from domain.role import Role
from services import recording
from services.access import TOKEN_SECONDS, issue_token
from services.class_list import add_classes, merge_classes, rename_class
from services.identity import give_role
from services.import_images import import_images
from services.import_labels import import_file
from services.importing import GivenFile, import_given
from services.projects import create_project
from services.scoring import attach_model, score_project
from tests.endpoint.conftest import Desk
from tests.formats.scenes import CLASSES, NAMES, SIZE
from tests.services.small_exports import export_project, exported
from tests.services.small_models import name_model, save_weights
from tests.services.small_projects import (
    box,
    boxes_line,
    draw_image,
    draw_images,
    label_line,
    log_of,
    make_project,
    write_lines,
)

ROOT = Path(__file__).resolve().parents[2]
CAN, JAR = box("can", 0.1, 0.2, 0.3, 0.6), box("jar", 0.5, 0.5, 0.9, 0.9)
EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script>"\u2028=1+1'
NASTY = {
    "html": EVIL,
    "right to left": "\u202eتفاحة حمراء\u202c",
    "emoji": "👩‍👩‍👧‍👦 e\u0301 🍎",
    "long": "x" * 10_000,
}


@pytest.fixture
def lead(workspace):
    """Somebody who may change the class list."""
    give_role(workspace, "Lea", Role.LEAD)
    return "Lea"


def labels_of(item):
    return [one["label"] for one in item["objects"]]


# ---- what goes in


def examples_of_the_docs() -> list[tuple[str, Path]]:
    """Format and folder of every example that docs/formats.md links to."""
    table = (ROOT / "docs" / "formats.md").read_text()
    rows = re.findall(r"^\|[^|]+\| `([\w-]+)` \|.*\]\(\.\./([^)]+)\) \|$", table, flags=re.MULTILINE)
    return [(name, ROOT / folder) for name, folder in rows]


@pytest.mark.parametrize(("name", "folder"), [pytest.param(*each, id=each[0]) for each in examples_of_the_docs()])
def test_the_examples_of_the_docs_are_imported_and_shown(client, workspace, tmp_path, name, folder):
    for number, image in enumerate(NAMES):
        draw_image(tmp_path / "photos" / image, size=SIZE, seed=number)
    cases = sorted(path for path in folder.iterdir() if path.is_dir())
    assert cases
    for case in cases:
        task, role = case.name.rsplit("-", 1)
        project = make_project(workspace, tmp_path / "photos", Task(task))
        files = sorted(path for path in case.iterdir() if path.name.startswith("scene."))
        given = files[0] if files else case
        summaries = import_given(
            workspace, project.project_id, GivenFile(given, name, classes=dict(enumerate(CLASSES)))
        )
        assert sum(summary.used for summary in summaries) >= 1, case.name
        desk = Desk(client, workspace, project.project_id)
        items = desk.get("queue").json()["items"]
        said = "objects" if Task(task).has_objects else "labels"
        assert any(item[said] or item["predicted"] or item["predictions"] for item in items), case.name
        assert {summary.kind for summary in summaries} == {f"{role}s"}


def test_the_documentation_has_an_example_of_every_format():
    from formats import FORMATS

    assert {name for name, _ in examples_of_the_docs()} == {name for name, cls in FORMATS.items() if cls.can_write}


def test_of_several_predictions_for_an_image_all_boxes_of_the_newest_file_are_shown_and_no_others(
    client, workspace, photos, tmp_path
):
    many = [(0.9 - number / 100, box("can", 0.01 * number, 0.1, 0.01 * number + 0.2, 0.4)) for number in range(30)]
    project = make_project(workspace, photos, Task.DETECTION, predictions=[boxes_line("a.png", *many)])
    desk = Desk(client, workspace, project.project_id)
    first = desk.item("a.png")["objects"]
    assert len(first) == 30

    newest = write_lines(tmp_path / "newer.jsonl", [boxes_line("a.png", (0.8, JAR), (0.7, CAN))])
    import_file(workspace, project.project_id, str(newest))

    second = desk.item("a.png")["objects"]
    assert sorted(labels_of({"objects": second})) == ["can", "jar"]
    assert not {one["id"] for one in first} & {one["id"] for one in second}
    # A desk that is open since before accepts what it shows, and that is what is stored.
    desk.decide(desk.entry("a.png", "accept", objects=first))
    assert [one["box"] for one in desk.item("a.png")["objects"]] == [one["box"] for one in first]


def test_scores_of_a_picture_are_the_same_alone_and_among_others(client, workspace, tmp_path):
    sizes = [(40, 30), (64, 64), (30, 90), (200, 50), (33, 47), (96, 96)]
    for number, size in enumerate(sizes):
        for folder in ("all", f"alone{number}"):
            draw_image(tmp_path / folder / f"{number}.png", size=size, seed=number)
    spec = name_model(save_weights(tmp_path / "model.pth"))

    def scores(folder: Path) -> dict[str, list[dict]]:
        project = make_project(workspace, folder, Task.CLASSIFICATION)
        attach_model(workspace, project.project_id, spec)
        score_project(workspace, project.project_id)
        items = Desk(client, workspace, project.project_id).get("queue").json()["items"]
        return {item["image_id"]: item["predicted"] for item in items}

    together = scores(tmp_path / "all")
    for number in range(len(sizes)):
        [(name, alone)] = scores(tmp_path / f"alone{number}").items()
        assert [one["label"] for one in alone] == [one["label"] for one in together[name]]
        assert [one["score"] for one in alone] == pytest.approx([one["score"] for one in together[name]], abs=1e-6)


# ---- what comes out


def test_the_export_holds_what_the_database_holds_empty_images_included(client, workspace, tmp_path):
    names = ["accepted", "emptied", "empty", "filled", "flagged", "rejected", "skipped", "untouched", "unsaid"]
    photos = draw_images(tmp_path / "photos", [f"{name}.png" for name in names])
    labelled = [name for name in names if name not in {"unsaid", "filled"}]
    lines = [label_line(f"{name}.png", [] if name == "empty" else [CAN, JAR]) for name in labelled]
    project = make_project(workspace, photos, Task.DETECTION, lines=lines)
    desk = Desk(client, workspace, project.project_id)
    objects = {name: desk.item(f"{name}.png")["objects"] for name in names}
    new = {**objects["accepted"][0], "id": "drawn by hand", "source": "correction"}
    desk.decide(
        desk.entry("accepted.png", "accept", objects=objects["accepted"]),
        desk.entry("emptied.png", "correct", objects=[]),
        desk.entry("empty.png", "accept", objects=[]),
        desk.entry("filled.png", "correct", objects=[new]),
        desk.entry("flagged.png", "flag", note="?"),
        desk.entry("rejected.png", "reject", note="Duplicate image"),
        desk.entry("skipped.png", "skip"),
    )

    export = export_project(workspace, project.project_id, url_prefix="azureml://datastores/x/paths/")

    made = [json.loads(line) for line in export.text.splitlines()]
    counted = {Path(line["image_url"]).stem: len(line["label"]) for line in made}
    stored = {name: len(desk.item(f"{name}.png")["objects"]) for name in names}
    kept = [name for name in names if name not in {"flagged", "rejected", "unsaid"}]
    assert counted == {name: stored[name] for name in kept}
    assert counted == {"accepted": 2, "emptied": 0, "empty": 0, "filled": 1, "skipped": 2, "untouched": 2}
    assert len(made) == len(counted)


@pytest.mark.parametrize("label", NASTY.values(), ids=NASTY)
def test_any_label_is_accepted_corrected_and_exported_as_it_is(client, workspace, photos, label):
    lines = [label_line(name, [{**CAN, "label": label}]) for name in ("a.png", "b.png")]
    project = make_project(workspace, photos, Task.DETECTION, lines=lines)
    desk = Desk(client, workspace, project.project_id)
    shown = {name: desk.item(name)["objects"] for name in ("a.png", "b.png")}
    assert labels_of({"objects": shown["a.png"]}) == [label]

    moved = [{**shown["b.png"][0], "box": [0.2, 0.2, 0.4, 0.6]}]
    answer = desk.decide(
        desk.entry("a.png", "accept", objects=shown["a.png"]),
        desk.entry("b.png", "correct", objects=moved, note=label[:2000]),
    )

    assert answer["refused"] == []
    assert [row.note for row in log_of(workspace, project)] == ["", label[:2000]]
    assert [line["label"][0]["label"] for line in exported(workspace, project)] == [label, label]


def test_one_of_5000_classes_is_set(client, workspace, photos, lead):
    project = make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", [CAN])])
    add_classes(workspace, project.project_id, [f"class {number}" for number in range(4999)], lead)
    desk = Desk(client, workspace, project.project_id)
    names = [known["name"] for known in desk.get("classes").json()["classes"]]
    assert len(names) == 5000
    [item] = desk.item("a.png")["objects"]
    desk.decide(desk.entry("a.png", "correct", objects=[{**item, "label": names[-1]}]))
    assert [line["label"][0]["label"] for line in exported(workspace, project)] == ["class 4998"]


# ---- what changes under an open desk


def test_a_class_renamed_and_one_merged_under_an_open_desk_cost_no_decision(client, workspace, photos, lead):
    lines = [label_line("a.png", [CAN, JAR]), label_line("b.png", [JAR])]
    project = make_project(workspace, photos, Task.DETECTION, lines=lines)
    add_classes(workspace, project.project_id, ["glass"], lead)
    desk = Desk(client, workspace, project.project_id)
    shown = {name: desk.item(name)["objects"] for name in ("a.png", "b.png")}

    rename_class(workspace, project.project_id, "can", "tin", reviewer=lead)
    merge_classes(workspace, project.project_id, "jar", "glass", reviewer=lead)

    moved = [{**shown["b.png"][0], "box": [0.5, 0.5, 0.8, 0.8]}]
    answer = desk.decide(
        desk.entry("a.png", "accept", objects=shown["a.png"]), desk.entry("b.png", "correct", objects=moved)
    )
    assert answer["refused"] == []
    assert labels_of(desk.item("a.png")) == ["tin", "glass"]
    assert labels_of(desk.item("b.png")) == ["glass"]
    assert [sorted(one["label"] for one in line["label"]) for line in exported(workspace, project)] == [
        ["glass", "tin"],
        ["glass"],
    ]


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)], ids=["back", "ahead"])
def test_the_order_of_decisions_is_theirs_whatever_the_clock_does(client, workspace, photos, monkeypatch, jump):
    project = make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", [CAN])])
    desk = Desk(client, workspace, project.project_id)
    [item] = desk.item("a.png")["objects"]
    first = desk.entry("a.png", "correct", objects=[{**item, "label": "first"}], parent="")
    desk.decide(first)

    class Jumped(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + jump

    monkeypatch.setattr(recording, "datetime", Jumped)
    second = desk.entry("a.png", "correct", objects=[{**item, "label": "second"}], parent=first["decision_id"])
    desk.decide(second)
    monkeypatch.undo()

    assert labels_of(desk.item("a.png")) == ["second"]
    entries = desk.get("history", image_id="a.png").json()["entries"]
    assert [entry["decision_id"] for entry in entries] == [second["decision_id"], first["decision_id"]]
    assert [each["decision_id"] for each in desk.get("history").json()["undo"]][-1] == second["decision_id"]
    desk.decide(desk.entry("a.png", "correct", undoes=second["decision_id"]))
    assert labels_of(desk.item("a.png")) == ["first"]


# ---- who may write


def test_a_forged_an_expired_and_a_foreign_token_write_nothing_at_all(client, workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", [CAN])])
    other = create_project(workspace, "Another one", Task.DETECTION, str(photos))
    import_images(workspace, other.project_id)
    desk = Desk(client, workspace, project.project_id)
    good, ours = desk.headers["X-Relook-Token"], project.project_id
    payload, _, signature = good.partition(".")
    tokens = {
        "none": "",
        "of another server": issue_token(b"another secret", ours, "Ana"),
        "with another name": f"{issue_token(workspace.secret, ours, 'Ben').partition('.')[0]}.{signature}",
        "without a signature": f"{payload}.",
        "of another project": issue_token(workspace.secret, other.project_id, "Ana"),
        "of yesterday": issue_token(workspace.secret, ours, "Ana", now=time.time() - 86_400),
        "of just before": issue_token(workspace.secret, ours, "Ana", now=time.time() - TOKEN_SECONDS - 5),
        "of tomorrow": issue_token(workspace.secret, ours, "Ana", now=time.time() + 86_400),
    }
    body = {"client_id": "tab", "entries": [desk.entry("a.png", "reject")], "image_ids": ["a.png"]}
    for what, token in tokens.items():
        desk.headers["X-Relook-Token"] = token
        for path in ("decisions", "leases", "leases/release"):
            answer = desk.post(path, body)
            assert (answer.status_code, set(answer.json())) == (401, {"error", "remedy"}), what
    assert log_of(workspace, project) == log_of(workspace, other) == []
    desk.headers["X-Relook-Token"] = good
    assert desk.item("a.png")["status"] == "new"
    assert desk.post("decisions", body).json()["acknowledged"] == 1


def test_every_test_that_the_docs_name_is_there():
    page = (ROOT / "docs" / "review-tests.md").read_text()
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", page)
    assert len(named) > 40
    missing = [each for each in named if f"def {each[1]}(" not in (ROOT / "tests" / each[0]).read_text()]
    assert missing == []
