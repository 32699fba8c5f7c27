"""Decided images like one: the nearest first, and nothing that the person who looks is not to know."""

from __future__ import annotations

import numpy as np
import pytest

from domain.decision import Verdict
from domain.prediction import Labels, Task
from domain.role import Role
from services import identity, kept_embeddings, leading
from services.bulk_accept import accept_all
from services.bulk_plan import plan_accept
from services.embeddings import embeddings_folder, stamp_of
from services.import_images import import_images
from services.kept_embeddings import keep_rows
from services.nearest import find_nearest
from services.projects import fetch_project
from services.ranking_keep import rank_anew
from services.scoring import attach_model
from services.withholding import draw_of
from store.projects import update_project
from tests.services.small_models import name_model, save_weights
from tests.services.small_projects import decide, draw_image, draw_images, files_of, label_line, make_project

CAN, JAR = Labels({"can": 1.0}), Labels({"jar": 1.0})
ANGLES = {"a.png": 0, "b.png": 5, "c.png": 20, "d.png": 60, "e.png": 85, "f.png": 90}
"""Image -> where what the model sees in it points to, degrees."""


def keep_angles(workspace, project, angles, *, file="000001"):
    files = files_of(workspace, project)
    rows = [(np.cos(np.radians(each)), np.sin(np.radians(each))) for each in angles.values()]
    folder = embeddings_folder(workspace, project)
    folder.mkdir(parents=True, exist_ok=True)
    stamps = [stamp_of(files[name]) for name in angles]
    stored = np.array(rows, np.float16)
    np.savez(folder / f"{file}.npz", names=np.array(list(angles)), stamps=np.array(stamps), rows=stored)


@pytest.fixture
def project(workspace, tmp_path):
    """Six images labelled as cans, with predictions that are sure of it, and what a model sees in them."""
    identity.give_role(workspace, "Lea", Role.LEAD)
    folder = draw_images(tmp_path / "photos", list(ANGLES))
    lines = [label_line(name, "can") for name in ANGLES]
    told = [{"filename": name, "labels": ["can", "jar"], "probs": [0.95, 0.05]} for name in ANGLES]
    made = make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=told)
    keep_angles(workspace, made, ANGLES)
    return made


def named(found):
    return [each.image.image_id for each in found.examples]


def test_the_nearest_decided_images_come_with_what_a_person_said_and_how_alike_they_are(workspace, project):
    decide(workspace, project, "d.png", Verdict.ACCEPT, CAN)
    decide(workspace, project, "c.png", Verdict.CORRECT, JAR)
    decide(workspace, project, "b.png", Verdict.ACCEPT, CAN)
    decide(workspace, project, "e.png", Verdict.REJECT)
    decide(workspace, project, "a.png", Verdict.ACCEPT, CAN)

    found = find_nearest(workspace, project, "a.png", reviewer="Ana")

    assert named(found) == ["b.png", "c.png", "d.png"]
    assert [each.label for each in found.examples] == ["can", "jar", "can"]
    assert [each.verdict for each in found.examples] == ["accept", "correct", "accept"]
    assert [each.likeness for each in found.examples] == pytest.approx(
        [np.cos(np.radians(each)) for each in (5, 20, 60)], abs=2e-3
    )
    assert found.typical == pytest.approx(0.5, abs=2e-3)
    words = [each.in_words for each in found.examples]
    assert words == ["nearly the same", "very alike", "hardly more alike than others"]
    assert found.missing == ""


def test_a_decision_that_is_taken_back_is_no_example_any_more(workspace, project):
    made, _ = decide(workspace, project, "b.png", Verdict.ACCEPT, CAN)
    assert named(find_nearest(workspace, project, "a.png", reviewer="Ana")) == ["b.png"]
    decide(workspace, project, "b.png", Verdict.ACCEPT, undoes=made)

    found = find_nearest(workspace, project, "a.png", reviewer="Ana")

    assert (found.examples, found.missing) == ((), "No person has accepted or corrected another image yet.")


def test_what_was_accepted_together_unseen_is_no_example(workspace, project):
    plan = plan_accept(
        workspace, project, rank_anew(workspace, project, "self-confidence"), threshold=0.5, reviewer="Ana"
    )
    assert accept_all(workspace, project, plan, reviewer="Ana", role=Role.REVIEWER).done > 2
    assert find_nearest(workspace, project, "a.png", reviewer="Ana").examples == ()


def test_where_several_decide_on_each_image_only_ones_own_decisions_are_examples(workspace, project):
    leading.set_overlap(workspace, project.project_id, "Lea", 2)
    shared = fetch_project(workspace, project.project_id)
    decide(workspace, shared, "b.png", Verdict.CORRECT, JAR, reviewer="Ana")
    decide(workspace, shared, "c.png", Verdict.ACCEPT, CAN, reviewer="Ben")
    decide(workspace, shared, "a.png", Verdict.CORRECT, JAR, reviewer="Ana")
    decide(workspace, shared, "b.png", Verdict.ACCEPT, CAN, reviewer="Ben")

    of_ben = find_nearest(workspace, shared, "a.png", reviewer="Ben", sees_all=False)
    of_ana = find_nearest(workspace, shared, "a.png", reviewer="Ana", sees_all=False)

    assert [(each.image.image_id, each.label) for each in of_ben.examples] == [("b.png", "can"), ("c.png", "can")]
    assert [(each.image.image_id, each.label) for each in of_ana.examples] == [("b.png", "jar")]
    assert named(find_nearest(workspace, shared, "a.png", reviewer="Lea")) == ["b.png", "c.png"]
    of_cleo = find_nearest(workspace, shared, "a.png", reviewer="Cleo", sees_all=False)
    assert of_cleo.missing == "You have accepted or corrected no other image yet."


def test_an_image_that_is_decided_without_the_model_has_examples_only_afterwards(workspace, project):
    with workspace.write() as connection:
        update_project(connection, project.project_id, withheld_share=0.5)
    blind = fetch_project(workspace, project.project_id)
    withheld = min(ANGLES, key=lambda name: draw_of(project.project_id, name))
    other = next(name for name in ANGLES if name != withheld)
    decide(workspace, blind, other, Verdict.ACCEPT, CAN)

    before = find_nearest(workspace, blind, withheld, reviewer="Ana")
    assert before.examples == ()
    assert before.missing.startswith("This image is decided without what the model says")
    decide(workspace, blind, withheld, Verdict.ACCEPT, CAN)
    assert named(find_nearest(workspace, blind, withheld, reviewer="Ana")) == [other]


def test_an_image_whose_file_became_another_one_is_neither_asked_about_nor_shown(workspace, project, tmp_path):
    decide(workspace, project, "b.png", Verdict.ACCEPT, CAN)
    decide(workspace, project, "c.png", Verdict.ACCEPT, CAN)
    draw_image(tmp_path / "photos" / "b.png", size=(50, 50), seed=7)
    import_images(workspace, project.project_id)

    assert named(find_nearest(workspace, project, "a.png", reviewer="Ana")) == ["c.png"]
    assert find_nearest(workspace, project, "b.png", reviewer="Ana").missing


def test_where_nothing_was_computed_it_is_said_what_computes_it(workspace, project, tmp_path):
    attach_model(workspace, project.project_id, name_model(save_weights(tmp_path / "shuffle.pth")))

    found = find_nearest(workspace, fetch_project(workspace, project.project_id), "a.png", reviewer="Ana")

    assert found.needs_computing
    assert found.missing.startswith("It was not computed yet what the model sees in the images.")
    assert "python -m cli embed" in found.missing


def test_without_a_model_that_can_be_run_a_model_is_asked_for(workspace, project):
    with workspace.write() as connection:
        update_project(connection, project.project_id, model_id=None)
    found = find_nearest(workspace, fetch_project(workspace, project.project_id), "a.png", reviewer="Ana")
    assert (found.needs_computing, found.missing) == (
        False,
        "Which images are alike is told by a model. Load one on the Workspace page.",
    )


def test_rows_are_read_again_when_others_were_stored_and_the_last_one_holds(workspace, project):
    first = keep_rows(workspace, project)
    assert keep_rows(workspace, project) is first
    keep_angles(workspace, project, {"b.png": 90}, file="000002")

    rows = keep_rows(workspace, project)

    assert rows is not None
    assert len(rows.names) == len(ANGLES)
    others = np.array([rows.places[name] for name in ("b.png", "c.png")])
    assert rows.likeness(rows.places["a.png"], others) == pytest.approx([0, np.cos(np.radians(20))], abs=2e-3)


@pytest.mark.parametrize("room", [0, 10**9])
@pytest.mark.parametrize("count", [3, 60])
def test_many_rows_are_compared_as_float16_with_the_same_outcome(workspace, project, monkeypatch, room, count):
    monkeypatch.setattr(kept_embeddings, "_ROOM", room)
    monkeypatch.setattr(kept_embeddings, "_BLOCK", 7)
    drawn = np.random.default_rng(3).normal(size=(60, 8)).astype(np.float16)
    names = np.array([f"{number}.png" for number in range(60)])
    folder = embeddings_folder(workspace, project)
    np.savez(folder / "000001.npz", names=names, stamps=names, rows=drawn)

    rows = keep_rows(workspace, project)

    assert rows is not None
    others = np.arange(count)
    unit = drawn.astype(np.float64) / np.linalg.norm(drawn.astype(np.float64), axis=1, keepdims=True)
    assert rows.likeness(4, others) == pytest.approx(unit[:count] @ unit[4], abs=1e-5)
