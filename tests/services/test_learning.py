"""A project teaches its model: what is used, what is held out, what comes of it, and what happens when it cannot be."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from domain.decision import Verdict
from domain.errors import Cancelled, ConflictError, InputError, LimitError
from domain.model_spec import ModelSpec
from domain.prediction import Labels, Task
from domain.project import Project
from domain.settings import Settings
from domain.splits import TEST, TRAIN, VALIDATION
from services.import_images import import_images
from services.learning import (
    RunState,
    go_on,
    learning_key,
    list_box_projects,
    list_teachable,
    start_learning,
    use_model,
)
from services.learning_data import gather_material
from services.learning_runs import find_run, folder_of, list_runs
from services.learning_work import learned_before, run_training
from services.projects import fetch_project
from services.scoring import attach_model, load_model
from services.workspace import Workspace, open_workspace
from store import predictions
from store.image_tags import set_tag
from tests.services.small_learning import COUNT, QUICK, label_of, learn, make_boxes, make_colours, newest
from tests.services.small_projects import decide, make_project, state_of


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Iterator[tuple[Workspace, Project]]:
    """One training with boxes that several tests look at."""
    folder = tmp_path_factory.mktemp("learning")
    home = folder / "home"
    workspace = open_workspace(Settings(home, f"sqlite:///{home / 'relook.sqlite'}", has_demo=False))
    project = make_colours(workspace, folder, decided=12, side=96)
    boxes = make_boxes(workspace, project, folder)
    recipe = replace(QUICK, mode="normal", epochs=12, batch_size=6, learning_rate=5e-3)
    learn(workspace, project, recipe, boxes_from=boxes.project_id)
    yield workspace, project
    workspace.close()


def material_of(workspace: Workspace, project: Project, recipe=QUICK, before=None):
    return gather_material(workspace, project.project_id, recipe, known_classes=("can",), learned_before=before or {})


def test_the_new_model_is_better_on_images_it_never_saw(finished) -> None:
    workspace, project = finished
    run = newest(workspace, project)
    assert run.state is RunState.DONE
    accuracy = run.result["figures"]["accuracy"]
    assert accuracy["after"]["value"] > accuracy["before"]["value"]
    assert accuracy["change"]["low"] <= accuracy["change"]["value"] <= accuracy["change"]["high"]
    mended = [flip for flip in run.result["flips"] if flip["kind"] == "mended"]
    broken = [flip for flip in run.result["flips"] if flip["kind"] == "broken"]
    gained = (len(mended) - len(broken)) / run.result["images"]
    assert gained == pytest.approx(accuracy["change"]["value"])
    assert all(flip["after"] == flip["label"] != flip["before"] for flip in mended)


def test_both_models_answers_to_the_held_out_images_are_kept_and_the_new_model_can_be_used(finished) -> None:
    workspace, project = finished
    run = newest(workspace, project)
    with workspace.read() as connection:
        asked = [
            predictions.predicted_image_ids(connection, project.project_id, each) for each in (run.parent, run.model)
        ]
    assert asked[0] == asked[1]
    assert len(asked[0]) == run.counts["held_out"]
    child, spec = load_model(workspace, project.project_id, run.model)
    assert child.info.classes == ("can", "carton", "milk", "water")
    assert child.info.task is Task.CLASSIFICATION
    assert (spec.resize, spec.crop) == (96, 96)
    assert run.model in [info.model_id for info in list_teachable(workspace, project)]


def test_the_lineage_beside_the_weights_says_where_it_comes_from(finished) -> None:
    workspace, project = finished
    run = newest(workspace, project)
    weights = Path(run.weights)
    assert weights.name == "shufflenet_v2_x0_5-v2.safetensors"
    lineage = json.loads(weights.with_suffix(".json").read_text())
    assert lineage["parent"] == project.model_id
    assert lineage["recipe"]["strategy"] == "joint-training"
    assert lineage["decisions"] == run.counts["reviewed"] > 0
    used = run.counts["learn"] + run.counts["choose"]
    assert len(lineage["learned_from"]) == used
    again = material_of(workspace, project)
    assert (lineage["data_sha256"], lineage["decisions_sha256"]) == (again.data_hash(), again.decisions_hash())


def test_maps_are_compared_where_another_project_has_boxes_on_the_same_files(finished) -> None:
    workspace, project = finished
    [boxes] = list_box_projects(workspace, project)
    run = newest(workspace, project)
    assert run.boxes_from == boxes.project_id
    evidence = run.result["evidence"]
    assert len(evidence["images"]) == run.counts["held_out"]
    for each in evidence["images"]:
        assert each["after"] is None or 0 <= each["after"] <= 1
    known = [each["after"] for each in evidence["images"] if None not in (each["before"], each["after"])]
    assert len(known) > 1
    assert evidence["figure"]["after"]["value"] == pytest.approx(np.mean(known))
    with pytest.raises(InputError, match="no boxes"):
        learn(workspace, project, boxes_from=project.project_id)


def test_no_image_and_no_near_duplicate_is_both_learned_and_judged(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path)
    folder = Path(project.image_folder)
    for number in range(COUNT):  # each once more, compressed
        with Image.open(folder / f"{number:02d}.png") as whole:
            whole.save(folder / f"{number:02d}-packed.jpg", quality=80)
    import_images(workspace, project.project_id)
    for number in range(COUNT):
        decide(workspace, project, f"{number:02d}-packed.jpg", Verdict.CORRECT, Labels({label_of(number): 1.0}))
    found = material_of(workspace, project)
    parts = [{each.image.image_id[:2] for each in part} for part in (found.learn, found.choose, found.held_out)]
    assert sum(map(len, parts)) == COUNT  # no number is in two of them
    assert sum(len(part) for part in (found.learn, found.choose, found.held_out)) == 2 * COUNT


def test_the_strategy_decides_what_of_the_untouched_images_is_used(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path, decided=30)
    joint = material_of(workspace, project)
    alone = material_of(workspace, project, replace(QUICK, strategy="fine-tuning"))
    reviewed = [each.image.image_id for each in joint.learn if each.decision]
    assert [each.image.image_id for each in alone.learn] == reviewed
    assert 0 < len(alone.learn) < len(joint.learn)
    assert alone.counts["held_out"] == joint.counts["held_out"]
    assert joint.counts["reviewed"] == len(alone.learn)


def test_what_reviewers_rejected_or_flagged_is_left_out_and_what_they_changed_counts(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path)
    decide(workspace, project, "00.png", Verdict.REJECT)
    decide(workspace, project, "01.png", Verdict.FLAG)
    decide(workspace, project, "02.png", Verdict.CORRECT, Labels({"can": 1.0}))
    found = material_of(workspace, project)
    names = {each.image.image_id: each.names for part in (found.learn, found.choose, found.held_out) for each in part}
    assert len(names) == COUNT - 2
    assert names["02.png"] == ("can",)


def test_a_child_is_not_judged_on_what_its_parent_learned_from_after_images_were_divided_anew(
    workspace, tmp_path
) -> None:
    project = make_colours(workspace, tmp_path)
    first = material_of(workspace, project)
    learned = {each.digest: "learn" for each in first.learn}
    swapped = {each.image.image_id: TEST for each in first.learn[:5]} | {
        each.image.image_id: TRAIN for each in first.held_out[:2]
    }
    with workspace.write() as connection:
        set_tag(connection, project.project_id, "split", swapped)
    second = material_of(workspace, project, before=learned)
    assert {each.digest for each in second.held_out}.isdisjoint(learned)
    assert "left out: 5." in second.notes[0]


def test_a_child_of_a_child_knows_what_both_learned_from(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path, decided=30)
    first = learn(workspace, project, replace(QUICK, strategy="fine-tuning", epochs=1))
    use_model(workspace, project.project_id, first.model, lambda done, total: None)
    project = fetch_project(workspace, project.project_id)
    assert project.model_id == first.model
    assert state_of(workspace, project, "00.png").prediction is not None
    second = learn(workspace, project, replace(QUICK, epochs=1))
    assert Path(second.weights).name.endswith("-v3.safetensors")
    specs = [load_model(workspace, project.project_id, each.model)[1] for each in (first, second)]
    assert learned_before(specs[0]).keys() < learned_before(specs[1]).keys()


def test_several_classes_an_image_are_learned_and_judged(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path, task=Task.MULTILABEL)
    run = learn(workspace, project, replace(QUICK, epochs=10))
    assert set(run.result["figures"]) == {"accuracy", "f1", "f1_micro", "score"}
    micro = run.result["figures"]["f1_micro"]
    assert micro["after"]["value"] > micro["before"]["value"]


def test_a_stopped_training_keeps_its_best_epoch_and_goes_on(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path)

    def stop(done: int, total: int) -> None:
        runs = list_runs(workspace, project.project_id)
        if runs and len(runs[0].history) == 2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        learn(workspace, project, report=stop)
    run = newest(workspace, project)
    assert run.state is RunState.STOPPED
    assert not (folder_of(workspace, run) / "pictures.bin").exists()
    taken = run_training(workspace, run, takes_best=True)
    assert taken.state is RunState.DONE
    assert len(taken.history) == 2
    with pytest.raises(ConflictError, match="is done"):
        go_on(workspace, project.project_id, run.run_id)
    went_on = run_training(workspace, find_run(workspace, project.project_id, run.run_id))
    assert len(went_on.history) == QUICK.epochs


def test_a_training_that_broke_off_with_the_server_counts_as_stopped(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path)
    run = learn(workspace, project, replace(QUICK, epochs=1))
    file = folder_of(workspace, run) / "run.json"
    file.write_text(file.read_text().replace('"done"', '"learning"'))
    assert newest(workspace, project).state is RunState.STOPPED


def test_a_job_learns_in_the_background_and_can_be_watched(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path)
    job = start_learning(workspace, project.project_id, replace(QUICK, epochs=2), parent=project.model_id or "")
    assert job.ended.wait(60)
    assert (job.message, job.done, job.total) == ("", 1000, 1000)
    assert workspace.jobs.find(learning_key(project.project_id)) is job
    assert len(newest(workspace, project).history) == 2


def test_a_project_without_reviewed_images_says_what_to_do(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path)
    with pytest.raises(InputError, match=r"None of the \d+ images to learn from .* is reviewed\. .*joint-training"):
        learn(workspace, project, replace(QUICK, strategy="fine-tuning"))
    failed = newest(workspace, project)
    assert (failed.state, "joint-training" in failed.message) == (RunState.FAILED, True)


def test_a_project_of_one_class_is_refused(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path, label=lambda number: "can")
    with pytest.raises(InputError, match=r"have 1 class, can; expected at least 2 images and 2 classes"):
        learn(workspace, project)


def test_a_project_without_labels_is_refused(workspace, tmp_path, photos) -> None:
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    with pytest.raises(InputError, match="has a label"):
        material_of(workspace, project)


def test_images_that_cannot_be_read_are_left_out_and_none_at_all_is_an_error(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path)
    first = material_of(workspace, project)
    Path(first.learn[0].image.uri).write_bytes(b"no picture any more")
    run = learn(workspace, project, replace(QUICK, epochs=1))
    assert "Images that cannot be read, left out: 1." in run.notes
    shutil.rmtree(project.image_folder)
    with pytest.raises(InputError, match=r"images can be read\. Check that their folder"):
        learn(workspace, project)


def test_a_split_without_images_is_told(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path)
    names = [f"{number:02d}.png" for number in range(COUNT)]
    with workspace.write() as connection:
        set_tag(connection, project.project_id, "split", dict.fromkeys(names, VALIDATION))
    with pytest.raises(InputError, match=r"can be used of the split train.*divide them anew"):
        learn(workspace, project)


def test_a_full_disk_is_told_and_the_training_goes_on_later(workspace, tmp_path, monkeypatch) -> None:
    project = make_colours(workspace, tmp_path)
    real, calls = os.fsync, []

    def full(descriptor: int) -> None:
        name = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        calls.append(name)
        if "last.pt" in name and sum("last.pt" in each for each in calls) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(LimitError, match=r"No space left on device\. The one that was there is kept"):
            learn(workspace, project)
    failed = newest(workspace, project)
    assert failed.state is RunState.FAILED
    assert "No space left" in failed.message
    assert run_training(workspace, failed).state is RunState.DONE


def test_the_model_that_comes_with_the_demo_learns_and_its_child_loads_as_one(workspace, tmp_path) -> None:
    project = make_colours(workspace, tmp_path)
    attach_model(workspace, project.project_id, ModelSpec("demo/classifier"))
    run = learn(workspace, fetch_project(workspace, project.project_id), replace(QUICK, epochs=1))
    child, spec = load_model(workspace, project.project_id, run.model)
    assert (spec.name, Path(spec.weights).name) == ("demo/classifier", "classifier-v2.safetensors")
    assert child.info.classes == ("can", "carton", "milk_bottle", "water_bottle", "milk")
    assert child.info.input_size == (224, 168)
