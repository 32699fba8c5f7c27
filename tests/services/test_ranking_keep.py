"""Orders that are kept: what was decided leaves them, they say when the project went on, menus what is missing."""

from __future__ import annotations

import math

import pytest

from domain.decision import Verdict
from domain.prediction import Task
from services import ranking_keep
from services.projects import delete_project, fetch_project, set_threshold
from services.ranking_choices import list_choices
from services.ranking_keep import find_queue, rank_again, ranking_key
from tests.services.small_projects import decide, draw_images, label_line, make_project

NAMES = [f"{number}.png" for number in range(5)]


def said(name, score):
    return {"filename": name, "labels": ["can", "jar"], "probs": [score, 1 - score]}


@pytest.fixture
def project(workspace, tmp_path):
    """Five cans; the model is the surer of that the higher their number."""
    folder = draw_images(tmp_path / "photos", NAMES)
    lines = [label_line(name, "can") for name in NAMES]
    predictions = [said(name, 0.1 + 0.2 * number) for number, name in enumerate(NAMES)]
    return make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=predictions)


def find(workspace, project):
    kept = find_queue(workspace, project, "self-confidence")
    assert kept is not None
    return kept


def order(kept):
    return [each.image_id for each in kept.queue.images]


def test_what_was_decided_leaves_the_order_and_the_rest_stays_as_it_is(workspace, project):
    first = find(workspace, project)
    assert (order(first), first.is_stale) == (NAMES, False)
    assert find(workspace, project) is first

    decided, _ = decide(workspace, project, "1.png", Verdict.REJECT)
    later = find(workspace, project)

    assert order(later) == ["0.png", "2.png", "3.png", "4.png"]
    assert (later.is_stale, later.gone) == (True, 1)
    decide(workspace, project, "1.png", Verdict.REJECT, undoes=decided)
    assert order(find(workspace, project)) == NAMES
    decide(workspace, project, "1.png", Verdict.REJECT)
    rank_again(workspace, project, "self-confidence")
    anew = find(workspace, project)
    assert (anew.is_stale, anew.gone, len(anew.queue.images)) == (False, 0, 4)


def test_an_order_outlives_a_restart_and_goes_with_its_project(workspace, project):
    first = find(workspace, project)
    decide(workspace, project, "1.png", Verdict.REJECT)
    ranking_keep._kept.clear()  # what another process begins with

    later = find(workspace, project)

    assert (order(later), later.is_stale, later.gone) == (["0.png", "2.png", "3.png", "4.png"], True, 1)
    assert later.ordered == first.ordered
    assert later.queue.notes == first.queue.notes
    (file,) = workspace.folder("orders").rglob("*.json")
    ranking_keep._kept.clear()
    file.write_text("{")
    assert not find(workspace, project).is_stale  # a damaged one is worked out anew
    rank_again(workspace, project, "self-confidence")
    assert list(workspace.folder("orders").rglob("*.json")) == []
    find(workspace, project)
    delete_project(workspace, project.project_id)
    assert list(workspace.folder("orders").rglob("*.json")) == []


def test_another_threshold_makes_the_order_anew(workspace, project):
    first = find(workspace, project)
    set_threshold(workspace, project.project_id, 0.9)
    anew = find(workspace, fetch_project(workspace, project.project_id))
    assert anew is not first
    assert not anew.is_stale


def test_a_large_project_is_ordered_by_a_job_that_tells_how_far_it_is(workspace, project, monkeypatch):
    monkeypatch.setattr(ranking_keep, "AT_ONCE", {False: 2, True: 2})
    assert find_queue(workspace, project, "self-confidence") is None
    job = workspace.jobs.find(ranking_key(project.project_id))
    assert job is not None
    assert job.ended.wait(60)
    assert (job.done, job.total, job.message) == (5, 5, "")
    assert order(find(workspace, project)) == NAMES


def test_an_image_whose_score_is_no_number_comes_last_with_the_reason(workspace, tmp_path):
    folder = draw_images(tmp_path / "photos", NAMES[:3])
    lines = [label_line(name, "can") for name in NAMES[:3]]
    predictions = [said("0.png", math.nan), said("1.png", 0.8), said("2.png", 0.3)]
    project = make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=predictions)

    kept = find(workspace, project)

    assert order(kept) == ["2.png", "1.png", "0.png"]
    assert kept.queue.images[-1].score is None
    assert kept.queue.images[-1].reason


def test_the_menu_begins_with_what_suits_the_project_and_says_what_others_lack(workspace, project, tmp_path):
    usual, *others = list_choices(workspace, project)
    assert (usual.strategy.name, usual.missing) == ("self-confidence", "")
    lacking = {each.strategy.name for each in others if each.missing}
    assert lacking == {each.strategy.name for each in others if each.strategy.needs.has_embeddings}

    bare = make_project(workspace, draw_images(tmp_path / "bare", NAMES[:2]), Task.CLASSIFICATION)
    missing = {each.strategy.name: each.missing for each in list_choices(workspace, bare)}
    assert missing["random"] == ""
    assert "No image has a prediction" in missing["self-confidence"]
    assert next(iter(missing)) == "least-confidence"

    lines = [label_line(NAMES[0], "can")]
    folder = draw_images(tmp_path / "apart", NAMES[:2])
    apart = make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=[said(NAMES[1], 0.4)])
    missing = {each.strategy.name: each.missing for each in list_choices(workspace, apart)}
    assert missing["self-confidence"] == "No image has both a label and a prediction."
    assert missing["least-confidence"] == ""
