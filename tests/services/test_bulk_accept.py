"""Accepting many images at once: what is held back and why, what an audit tells, the log, and one undo for all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domain.decision import Verdict
from domain.errors import Cancelled
from domain.prediction import Labels, Task
from domain.role import Role
from services import bulk_audit
from services.bulk_accept import accept_all, bulk_key, list_bulks, start_accept, take_back
from services.bulk_audit import draw_audit
from services.bulk_plan import Reason, plan_accept
from services.leases import Claimant
from services.projects import fetch_project
from services.ranking_keep import rank_anew
from services.review import fetch_queue
from services.withholding import draw_of
from store.decisions import iterate_log
from store.projects import update_project
from tests.services.small_projects import decide, draw_images, label_line, make_project, state_of

NAMES = [f"{number:02}.png" for number in range(20)]


def said(name, score, label="can"):
    return {"filename": name, "labels": [label, "jar"], "probs": [score, 1 - score]}


@pytest.fixture
def project(workspace, tmp_path):
    """Twenty cans, all but two of which the model is sure; one jar, and one image without a prediction."""
    folder = draw_images(tmp_path / "photos", [*NAMES, "jar.png", "none.png"])
    lines = [*(label_line(name, "can") for name in [*NAMES, "none.png"]), label_line("jar.png", "jar")]
    predictions = [said(name, 0.3 if name in NAMES[:2] else 0.95) for name in NAMES]
    predictions.append({"filename": "jar.png", "labels": ["can", "jar"], "probs": [0.02, 0.98]})
    return make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=predictions)


def plan_of(workspace, project, threshold=0.1, reviewer="Ana"):
    kept = rank_anew(workspace, project, "self-confidence")
    return plan_accept(workspace, project, kept, threshold=threshold, reviewer=reviewer)


def accept(workspace, project, plan, **more):
    return accept_all(workspace, project, plan, reviewer="Ana", role=Role.REVIEWER, **more)


def undo(workspace, project, client_id, *, reviewer="Ana", role=Role.REVIEWER):
    return take_back(workspace, project, client_id, reviewer=reviewer, role=role)


def test_what_is_doubtful_rare_unjudged_or_taken_is_not_accepted(workspace, project):
    fetch_queue(workspace, project.project_id, start=NAMES[5], count=1, claimant=Claimant("Ben", "tab of Ben"))

    plan = plan_of(workspace, project)

    assert set(plan.accepted) == set(NAMES[2:]) - {NAMES[5]}
    assert plan.held == {
        Reason.UNJUDGED: ("none.png",),
        Reason.RARE: ("jar.png",),
        Reason.AT_WORK: (NAMES[5],),
    }
    assert plan.rare == ("jar",)
    assert any("unlike the others are not held back" in note for note in plan.notes)
    bold = plan_of(workspace, project, threshold=0.8)  # the model takes the first two for the rare class
    assert bold.held[Reason.RARE] == (*NAMES[:2], "jar.png")
    assert plan_of(workspace, project, threshold=0.0).accepted == ()


def test_images_unlike_the_others_are_held_back(workspace, project, monkeypatch):
    rows = np.tile(np.array([1.0, 0.0], np.float16), (len(NAMES), 1))
    rows[7] = (0.0, 1.0)
    monkeypatch.setattr("services.bulk_plan.has_embeddings", lambda *_: True)
    monkeypatch.setattr("services.bulk_plan.read_embeddings", lambda *_: dict(zip(NAMES, rows, strict=True)))

    plan = plan_of(workspace, project)

    assert plan.held[Reason.UNLIKE] == (NAMES[7],)
    assert not plan.lacks_outliers
    assert not any("unlike the others" in note for note in plan.notes)


def test_images_that_are_to_be_decided_without_the_prediction_are_held_back(workspace, project):
    with workspace.write() as connection:
        update_project(connection, project.project_id, withheld_share=0.5)
    withheld = {name for name in NAMES[2:] if draw_of(project.project_id, name) < 0.5}

    plan = plan_of(workspace, fetch_project(workspace, project.project_id))

    assert withheld
    assert set(plan.held[Reason.WITHHELD]) == withheld


def test_acceptance_is_in_the_log_with_how_it_came_about_and_one_undo_takes_it_back(workspace, project):
    plan = plan_of(workspace, project)

    outcome = accept(workspace, project, plan)

    assert (outcome.done, outcome.left) == (18, 0)
    state = state_of(workspace, project, NAMES[2])
    assert state.decision is not None
    assert (state.decision.verdict, state.decision.reviewer) == ("accept", "Ana")
    with workspace.read() as connection:
        row = next(iterate_log(connection, project.project_id))
    assert row.decision.content == Labels({"can": 1.0})
    told = (row.receipt.provenance or {})["bulk"]
    assert (told["strategy"], told["threshold"], told["images"], told["audit"]) == ("self-confidence", 0.1, 18, None)
    assert told["figure"] == pytest.approx(0.05)
    assert row.receipt.seconds is None

    decide(workspace, project, NAMES[3], Verdict.REJECT, reviewer="Ben")
    (made,) = list_bulks(workspace, project.project_id)
    assert (made.reviewer, made.decided, made.in_force) == ("Ana", 18, 17)

    assert undo(workspace, project, made.client_id).done == 17
    assert list_bulks(workspace, project.project_id) == []
    assert state_of(workspace, project, NAMES[2]).decision is None
    kept = state_of(workspace, project, NAMES[3]).decision
    assert kept is not None
    assert (kept.verdict, kept.reviewer) == ("reject", "Ben")
    assert undo(workspace, project, made.client_id).done == 0


def test_what_others_decided_or_took_up_since_the_plan_was_made_is_left_alone(workspace, project):
    plan = plan_of(workspace, project)
    decide(workspace, project, NAMES[4], Verdict.REJECT, reviewer="Ben")
    fetch_queue(workspace, project.project_id, start=NAMES[5], count=1, claimant=Claimant("Ben", "tab of Ben"))

    outcome = accept(workspace, project, plan)

    assert (outcome.done, outcome.left) == (16, 2)
    decision = state_of(workspace, project, NAMES[4]).decision
    assert decision is not None
    assert decision.reviewer == "Ben"
    assert state_of(workspace, project, NAMES[5]).decision is None


def test_a_person_may_stop_it_and_take_back_what_was_accepted(workspace, project, monkeypatch):
    monkeypatch.setattr("services.bulk_accept._BATCH", 5)

    def stop_at_ten(done, total):
        if done >= 10:
            raise Cancelled(f"Cancelled at {done} of {total} images.")

    with pytest.raises(Cancelled):
        accept(workspace, project, plan_of(workspace, project), report=stop_at_ten)

    (made,) = list_bulks(workspace, project.project_id)
    assert made.in_force == 10
    assert undo(workspace, project, made.client_id).done == 10


def test_only_who_did_it_or_a_lead_takes_it_back(workspace, project):
    accept(workspace, project, plan_of(workspace, project))
    (made,) = list_bulks(workspace, project.project_id)

    refused = undo(workspace, project, made.client_id, reviewer="Ben")
    assert (refused.done, refused.left) == (0, 18)
    assert undo(workspace, project, made.client_id, reviewer="Lea", role=Role.LEAD).done == 18


def test_a_job_does_it_and_tells_what_became_of_it(workspace, project):
    start_accept(workspace, project, plan_of(workspace, project), reviewer="Ana", role=Role.REVIEWER)
    job = workspace.jobs.find(bulk_key(project.project_id))
    assert job is not None
    assert job.ended.wait(60)
    assert (job.message, job.done, job.total) == ("", 18, 18)
    assert list_bulks(workspace, project.project_id)[0].in_force == 18


def test_the_audit_is_drawn_from_what_would_be_accepted_and_tells_how_many_are_wrong(workspace, project, monkeypatch):
    monkeypatch.setattr(bulk_audit, "SAMPLE", 4)
    plan = plan_of(workspace, project)
    drawn = draw_audit(workspace, project, plan.strategy, 0.1, plan.accepted, reviewer="Ana")

    waiting = plan_of(workspace, project)
    assert waiting.audit is not None
    assert waiting.audit.estimate is None
    assert len(waiting.audit.images) == 4
    assert set(waiting.held[Reason.AUDITED]) == set(waiting.audit.images) <= set(plan.accepted)

    first, second, third, fourth = waiting.audit.images
    decide(workspace, project, first, Verdict.ACCEPT, Labels({"can": 1.0}))
    decide(workspace, project, second, Verdict.CORRECT, Labels({"jar": 1.0}))
    decide(workspace, project, third, Verdict.SKIP)
    decide(workspace, project, fourth, Verdict.ACCEPT, Labels({"can": 1.0}))
    after = plan_of(workspace, project)
    assert after.audit is not None
    assert (after.audit.worklist, after.audit.looked_at, after.audit.wrong) == (drawn, 3, 1)
    assert after.audit.images == (third,)
    estimate = after.audit.estimate
    assert estimate is not None
    assert (estimate.value, estimate.n) == (pytest.approx(1 / 3), 3)
    assert estimate.low == pytest.approx(0.0084, abs=1e-4)
    assert estimate.high == pytest.approx(0.9057, abs=1e-4)
    assert set(after.accepted) == set(plan.accepted) - {first, second, third, fourth}
    assert plan_of(workspace, project, threshold=0.2).audit is None
    with workspace.write() as connection:
        update_project(connection, project.project_id, model_id=None)
    unjudged = replace(project, model_id=None)
    with workspace.read() as connection:
        assert bulk_audit.find_audit(connection, unjudged, plan.strategy, 0.1) is None
