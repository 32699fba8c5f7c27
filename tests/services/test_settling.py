"""What filters and sorts go by is what the images say, whatever happened to them, in whatever order."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from domain.decision import NEW, STATUSES, Verdict
from domain.errors import Cancelled
from domain.geometry import Box
from domain.prediction import Instance, Instances, Task, class_names
from domain.role import Role
from services import settling
from services.browsing import Filters, fetch_choices, find_images, load_states
from services.import_images import import_images
from services.import_labels import import_file
from services.projects import fetch_progress, fetch_project, set_model, set_threshold
from services.queue_order import difference_of
from services.review import Entry, fetch_queue, record
from services.settling import settle, settle_soon, settling_key
from services.shown import above_threshold
from store.predictions import StoredPrediction, save_predictions
from store.review_schema import image_classes, image_facts
from store.tallies import fetch_tally
from tests.services.small_projects import (
    box,
    boxes_line,
    draw_image,
    draw_images,
    label_line,
    make_project,
    write_lines,
)

CAN = box("can", 0.1, 0.2, 0.5, 0.6)
MILK = box("milk", 0.1, 0.2, 0.5, 0.6)
NAMES = ["1.png", "2.png", "3.png", "sub/4.png"]
CONTENTS = (
    None,
    Instances(),
    Instances((Instance("x", "can", Box(0.1, 0.2, 0.5, 0.6)), Instance("y", "can", Box(0.6, 0.6, 0.9, 0.9)))),
    Instances((Instance("z", "jar", Box(0.1, 0.2, 0.5, 0.6)),)),
)
numbers = count(1)


@pytest.fixture
def project(workspace, tmp_path):
    """1: label and prediction agree; 2: they differ; 3: a prediction of which a part is unsure; 4: nothing."""
    folder = draw_images(tmp_path / "photos", NAMES)
    lines = [label_line("1.png", [CAN]), label_line("2.png", [CAN])]
    predictions = [
        boxes_line("1.png", (0.9, CAN)),
        boxes_line("2.png", (0.8, MILK)),
        boxes_line("3.png", (0.7, CAN), (0.3, MILK)),
    ]
    return make_project(workspace, folder, Task.DETECTION, lines=lines, predictions=predictions)


def facts_of(workspace, project_id):
    """What the tables say: by image, its facts and its classes; and the tally."""
    with workspace.read() as connection:
        rows = connection.execute(select(image_facts).where(image_facts.c.project_id == project_id)).all()
        classes = connection.execute(select(image_classes).where(image_classes.c.project_id == project_id)).all()
        tally = fetch_tally(connection, project_id)
    assert all(row.settled == tally.epoch for row in rows)
    facts = {
        row.image_id: (
            *(row.position, row.status, row.decision_id, row.reviewer),
            *(row.score, row.differs, row.has_label, row.has_prediction),
        )
        for row in rows
    }
    return facts, {tuple(row)[1:] for row in classes}, dict(tally.statuses)


def truth_of(workspace, project_id):
    """The same from the images themselves."""
    project = fetch_project(workspace, project_id)
    facts, classes, tally = {}, set(), Counter()
    for position, state in enumerate(load_states(workspace, project)):
        made, name = state.decision, state.image.image_id
        status = made.verdict if made else NEW
        tally[status] += 1
        difference = bool(difference_of(state, project))
        facts[name] = (
            *(position, status, made and made.decision_id, made and made.reviewer),
            *(state.score, difference, state.label is not None, state.prediction is not None),
        )
        given = made.content if made and made.content is not None else state.label
        answer = above_threshold(state.prediction, project)
        for source, ours, theirs in (("label", given, answer), ("prediction", answer, given)):
            for label, objects in Counter(class_names(ours)).items():
                is_shared = None if theirs is None else label in class_names(theirs)
                classes.add((source, label, name, objects, is_shared))
    return facts, classes, dict(tally)


def check(workspace, project_id):
    assert settle_soon(workspace, project_id)
    facts, classes, tally = facts_of(workspace, project_id)
    expected_facts, expected_classes, expected_tally = truth_of(workspace, project_id)
    # A file that is gone leaves its number free: only the order counts.
    ranks = {name: rank for rank, name in enumerate(sorted(facts, key=lambda name: facts[name][0]))}
    assert {name: (ranks[name], *row[1:]) for name, row in facts.items()} == expected_facts
    assert classes == expected_classes
    assert tally == expected_tally


def decide(workspace, project_id, image_id, verdict, content=None, *, undoes=None):
    number = next(numbers)
    entry = Entry(number, f"d{number}", image_id, verdict, content, undoes=undoes)
    record(workspace, project_id, "Ana" if number % 2 else "Ben", "tab", [entry])
    return f"d{number}"


def step_decide(workspace, project, tmp_path, made, draw):
    image_id, verdict = draw(st.sampled_from(NAMES)), draw(st.sampled_from(list(Verdict)))
    made.append((decide(workspace, project, image_id, verdict, draw(st.sampled_from(CONTENTS))), image_id))


def step_undo(workspace, project, tmp_path, made, draw):
    if made:
        undone, image_id = draw(st.sampled_from(made))
        made.append((decide(workspace, project, image_id, Verdict.ACCEPT, undoes=undone), image_id))


def step_label(workspace, project, tmp_path, made, draw):
    lines = [
        label_line(name, draw(st.sampled_from([[], [CAN], [MILK, CAN]])))
        for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4))
    ]
    file = write_lines(tmp_path / draw(st.sampled_from(["labels.jsonl", "more.jsonl"])), lines)
    import_file(workspace, project, str(file))


def step_predict(workspace, project, tmp_path, made, draw):
    items = (Instance("p", draw(st.sampled_from(["can", "milk"])), Box(0.1, 0.2, 0.5, 0.6), 0.6),)
    content = draw(st.sampled_from([None, Instances(), Instances(items)]))
    model_id = fetch_project(workspace, project).model_id
    with workspace.write() as connection:
        save_predictions(
            connection, project, model_id or "other", [StoredPrediction(draw(st.sampled_from(NAMES)), content)]
        )


def step_threshold(workspace, project, tmp_path, made, draw):
    set_threshold(workspace, project, draw(st.sampled_from([0.2, 0.5, 0.75])))


def step_model(workspace, project, tmp_path, made, draw):
    set_model(workspace, project, draw(st.sampled_from([None, "other", "file:predictions.jsonl"])))


def step_folder(workspace, project, tmp_path, made, draw):
    file = tmp_path / "photos" / draw(st.sampled_from([*NAMES, "0.png"]))
    if file.exists() and len(list(file.parent.iterdir())) > 1:
        file.unlink()
    else:
        draw_image(file, seed=NAMES.index(file.name) if file.name in NAMES else 99)
    import_images(workspace, project)


def step_look(workspace, project, tmp_path, made, draw):
    settle_soon(workspace, project)


STEPS = [step_decide, step_undo, step_label, step_predict, step_threshold, step_model, step_folder, step_look]


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # making a failure shorter takes minutes: every step imports files
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_after_any_steps_the_facts_are_those_of_the_images(workspace, tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("steps")
    draw_images(folder / "photos", NAMES)
    project = make_project(
        workspace,
        folder / "photos",
        Task.DETECTION,
        lines=[label_line("1.png", [CAN]), label_line("2.png", [CAN])],
        predictions=[boxes_line("1.png", (0.9, CAN)), boxes_line("2.png", (0.8, MILK), (0.3, CAN))],
    )
    made: list[tuple[str, str]] = []
    for _ in range(data.draw(st.integers(1, 8))):
        step = data.draw(st.sampled_from(STEPS), label="step")
        step(workspace, project.project_id, folder, made, data.draw)
    check(workspace, project.project_id)


def test_a_decision_while_its_image_is_being_computed_is_not_lost(workspace, project, monkeypatch):
    """The computation has read the label from before; what it brings back then is out of date and is dropped."""
    settle(workspace, project.project_id)
    set_threshold(workspace, project.project_id, 0.4)
    compute = settling._compute

    def compute_and_be_overtaken(connection, project_id, *, count):
        result = compute(connection, project_id, count=count)
        monkeypatch.setattr(settling, "_compute", compute)
        decide(workspace, project.project_id, "1.png", Verdict.CORRECT, CONTENTS[3])
        return result

    monkeypatch.setattr(settling, "_compute", compute_and_be_overtaken)
    settle(workspace, project.project_id)

    check(workspace, project.project_id)
    assert fetch_choices(workspace, project).labels == {"can": 1, "jar": 1}


def test_a_threshold_that_moves_while_images_are_computed_counts(workspace, project, monkeypatch):
    compute = settling._compute

    def compute_and_be_overtaken(connection, project_id, *, count):
        result = compute(connection, project_id, count=count)
        monkeypatch.setattr(settling, "_compute", compute)
        set_threshold(workspace, project.project_id, 0.2)
        return result

    monkeypatch.setattr(settling, "_compute", compute_and_be_overtaken)
    settle(workspace, project.project_id)

    check(workspace, project.project_id)
    assert find_images(workspace, project, Filters(scores=(0.3, 0.3)), "name").image_ids == ["3.png"]


def test_many_images_are_computed_by_a_job_and_left_out_until_then(workspace, project, monkeypatch):
    monkeypatch.setattr(settling, "_AT_ONCE", 3)
    set_threshold(workspace, project.project_id, 0.4)

    assert settle_soon(workspace, project.project_id) is False
    job = workspace.jobs.find(settling_key(project.project_id))
    assert job is not None
    assert job.ended.wait(30)
    assert (job.done, job.total, job.message) == (4, 4, "")

    check(workspace, project.project_id)
    assert find_images(workspace, project, Filters(disagreement="differs"), "name").image_ids == ["2.png"]


def test_computing_stops_when_told_and_goes_on_later(workspace, project, monkeypatch):
    monkeypatch.setattr(settling, "_BATCH", 1)
    set_threshold(workspace, project.project_id, 0.4)

    def stop_after_two(done, total):
        if done == 2:
            raise Cancelled("Enough.")

    with pytest.raises(Cancelled):
        settle(workspace, project.project_id, report=stop_after_two)
    assert settle(workspace, project.project_id) == 2
    check(workspace, project.project_id)


@pytest.mark.parametrize("verdict", [Verdict.SEND_BACK, Verdict.RESOLVE])
def test_an_image_that_was_opened_again_waits_with_its_label_and_the_note(workspace, project, verdict):
    corrected = CONTENTS[3]
    decide(workspace, project.project_id, "2.png", Verdict.CORRECT, corrected)
    decide(workspace, project.project_id, "3.png", Verdict.FLAG)
    assert fetch_progress(workspace, project.project_id).decided == 2

    entry = Entry(10_000, "back", "2.png", verdict, None, note="The lid belongs to the jar.")
    record(workspace, project.project_id, "Lea", "lead's tab", [entry], role=Role.LEAD)

    page = fetch_queue(workspace, project.project_id)
    assert [state.image.image_id for state in page.states] == ["1.png", "2.png", "sub/4.png"]
    decision = page.states[1].decision
    assert decision is not None
    assert (decision.content, decision.note, decision.is_open) == (corrected, "The lid belongs to the jar.", True)
    assert page.states[1].is_open
    assert (page.decided, page.left) == (1, 3)
    assert fetch_progress(workspace, project.project_id).decided == 1
    assert find_images(workspace, project, Filters(statuses=(verdict.value,)), "name").image_ids == ["2.png"]

    undo = Entry(10_001, "forth", "2.png", verdict, None, undoes="back")
    record(workspace, project.project_id, "Lea", "lead's tab", [undo], role=Role.LEAD)
    assert fetch_progress(workspace, project.project_id).decided == 2


def test_every_verdict_has_a_status(workspace, project):
    for verdict in Verdict:
        decide(workspace, project.project_id, "1.png", verdict, CONTENTS[2])
        assert set(fetch_choices(workspace, project).statuses) <= set(STATUSES)
        check(workspace, project.project_id)
