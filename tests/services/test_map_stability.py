"""How stable maps are: measured with real maps, noted, and held against images that would be accepted unseen."""

from __future__ import annotations

import pytest

from domain.decision import Verdict
from domain.errors import Cancelled
from domain.explanation import Target
from domain.prediction import Labels, Task
from services import map_stability, trust_cache
from services.bulk_plan import Reason, plan_accept
from services.explaining import Request
from services.import_images import import_images
from services.map_stability import find_stability, measure_stability, note_stability, stability_key, start_stability
from services.projects import fetch_project
from services.ranking_keep import rank_anew
from services.scoring import attach_model, load_active_model, score_project
from tests.services.small_models import name_model, save_weights
from tests.services.small_projects import decide, draw_image, draw_images, label_line, make_project, state_of

NAMES = [f"{number}.png" for number in range(6)]
UNKNOWN = "2.png"
"""Its class is none of the model's, so that there is no map, and no figure of a strategy."""
JUDGED = [name for name in NAMES if name != UNKNOWN]


@pytest.fixture
def project(workspace, tmp_path, monkeypatch):
    """Six images of one class and a small model that was asked about them; the third bears a class it does not know."""
    monkeypatch.setattr("services.bulk_plan.RARE_IMAGES", 1)
    monkeypatch.setattr("services.trust_more_maps.NOISES", 2)
    folder = draw_images(tmp_path / "photos", NAMES)
    lines = [label_line(name, "jar" if name == UNKNOWN else "can") for name in NAMES]
    made = make_project(workspace, folder, Task.CLASSIFICATION, lines=lines)
    attach_model(workspace, made.project_id, name_model(save_weights(tmp_path / "shuffle.pth", seed=7), side=64))
    score_project(workspace, made.project_id)
    return fetch_project(workspace, made.project_id)


def note(workspace, project, name, change, *, label="can", method="gradcam"):
    request = Request(state_of(workspace, project, name).image, Target(label), method)
    note_stability(workspace, project.project_id, project.model_id, request, change=change)


def plan_of(workspace, project):
    kept = rank_anew(workspace, project, "self-confidence")
    return plan_accept(workspace, project, kept, threshold=1.0, reviewer="Ana")


def test_maps_are_computed_and_measured_and_a_class_the_model_lacks_has_none(workspace, project):
    told = []
    measure_stability(workspace, project, NAMES[:3], report=lambda *count: told.append(count))

    found = find_stability(workspace, project, NAMES)

    assert set(found) == set(NAMES[:3])
    assert found[UNKNOWN] is None
    assert all((found[name] or 0) > 0 for name in NAMES[:2])
    assert (told[0], told[-1]) == ((0, 3), (3, 3))
    maps = list((workspace.folder("explanations") / str(project.project_id)).rglob("*.npz"))
    assert len(maps) == 2


def test_what_was_measured_before_a_person_cancels_is_kept(workspace, project):
    def stop(done, _total):
        if done == 2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        measure_stability(workspace, project, NAMES[3:], report=stop)
    assert set(find_stability(workspace, project, NAMES)) == {"3.png", "4.png"}


def test_what_is_measured_on_the_explain_page_counts_too(workspace, project):
    model = load_active_model(workspace, project)
    request = Request(state_of(workspace, project, "0.png").image, Target("can"), "gradcam")

    trust = trust_cache.keep_trust(workspace, *model, request, project_id=project.project_id, is_thorough=True)

    figure = trust.find("sensitivity")
    assert figure is not None
    assert find_stability(workspace, project, NAMES) == {"0.png": figure.estimate.value}


def test_only_maps_of_what_is_shown_now_on_the_file_as_it_is_count(workspace, project, tmp_path):
    note(workspace, project, "0.png", 0.9, label="carton")
    note(workspace, project, "1.png", 0.1)
    note(workspace, project, "1.png", 0.7, method="xrai")
    note(workspace, project, "3.png", 0.8)
    file = next((workspace.folder("explanations") / str(project.project_id)).glob("stability-*.jsonl"))
    with file.open("a") as stream:
        stream.write('{"image_id": "4.png", "cont')  # the server was killed while it wrote

    assert find_stability(workspace, project, NAMES) == {"1.png": 0.7, "3.png": 0.8}
    decide(workspace, project, "0.png", Verdict.CORRECT, Labels({"carton": 1.0}))
    assert find_stability(workspace, project, NAMES)["0.png"] == 0.9
    draw_image(tmp_path / "photos" / "3.png", size=(50, 50), seed=77)
    import_images(workspace, project.project_id)
    assert "3.png" not in find_stability(workspace, project, NAMES)


def test_images_with_unstable_maps_are_held_back_and_the_plan_says_of_how_many_it_knows(workspace, project):
    before = plan_of(workspace, project)
    assert set(before.accepted) == set(before.unmeasured) == set(JUDGED)
    assert "Images with unstable maps are not held back: maps were measured for 0 of 5 images." in before.notes

    note(workspace, project, "0.png", map_stability.UNSTABLE_FROM)
    note(workspace, project, "1.png", 0.1)
    note(workspace, project, "3.png", None)
    plan = plan_of(workspace, project)

    assert plan.held[Reason.UNSTABLE] == ("0.png",)
    assert set(plan.accepted) == {"1.png", "3.png", "4.png", "5.png"}
    assert set(plan.unmeasured) == {"4.png", "5.png"}
    known = "Maps were measured for 2 of 5 images; of the others it is not known whether their maps are stable."
    assert known in plan.notes
    assert "Images of which there is no map: 1." in plan.notes

    for name in ("3.png", "4.png", "5.png"):
        note(workspace, project, name, 0.2)
    after = plan_of(workspace, project)
    assert (after.notes[-1], after.unmeasured) == ("Maps were measured for 5 of 5 images.", ())


def test_a_job_measures_what_the_plan_lacks(workspace, project):
    job = start_stability(workspace, project, NAMES[:2])
    assert job is workspace.jobs.find(stability_key(project.project_id))
    assert job.ended.wait(120)
    assert (job.message, job.done, job.total) == ("", 2, 2)
    assert set(plan_of(workspace, project).unmeasured) == {"3.png", "4.png", "5.png"}
