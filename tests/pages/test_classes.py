"""The Classes page: what a lead changes on it, and what everybody else sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from bench.projects import draw_project
from domain.class_edit import Example
from domain.prediction import Task
from domain.project import Project
from domain.role import Role
from services.browsing import Filters, find_images
from services.class_details import set_examples, set_guideline
from services.class_list import add_classes, fetch_class_list
from services.identity import give_role
from services.import_images import import_images
from services.projects import fetch_project
from services.workspace import Workspace

LEAD = "test@example.com"
"""Whom Streamlit signs in while a page is tested without a browser."""

EVIL = '<img src=x onerror="window.ran=1">'


@pytest.fixture
def project(home, workspace: Workspace) -> Project:
    """Four photos of a fridge with boxes of four classes; the person at the screen is the lead."""
    give_role(workspace, LEAD, Role.LEAD)
    return draw_project(home, Task.DETECTION, images=4)


def table(app: AppTest) -> list[dict[str, Any]]:
    (mounted,) = app.get("bidi_component")
    return json.loads(mounted.proto.json)["rows"]


def texts(app: AppTest) -> str:
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([*html, *(each.value for each in (*app.markdown, *app.caption, *app.error))])


def names(workspace: Workspace, project: Project) -> tuple[str, ...]:
    return fetch_class_list(workspace, project.project_id).names


def button(app: AppTest, label: str) -> Any:
    return next(each for each in app.button if each.label == label)


def in_dialog(opener: Any, *acts: Any) -> None:
    """Open a dialog and act in it; without a browser a dialog lives for one run, so it is opened with each act anew."""
    app = opener().click().run()
    for act in acts:
        opener().click()
        act(app)
        app.run()


def rename(to: str) -> Any:
    def act(app: AppTest) -> None:
        app.text_input(key="class-new-name").set_value(to)
        app.button(key="rename-class").click()

    return act


def open_class(app: AppTest, project: Project, key: str) -> AppTest:
    """Do what a click on the row does."""
    app.session_state[f"class-{project.project_id}"] = key
    return app.run()


def test_every_class_stands_there_with_how_often_it_is_there(open_screen, workspace, project):
    app = open_screen("classes")

    rows = {row["name"]: row for row in table(app)}
    assert set(rows) == set(project.classes)
    with_can = find_images(workspace, project, Filters(label="can"), "name").total
    assert rows["can"]["images"] == str(with_can)
    assert int(rows["can"]["objects"]) >= with_can
    assert "4 classes" in texts(app)


def test_pasted_lines_become_classes(open_screen, workspace, project):
    app = open_screen("classes")

    def paste(app: AppTest) -> None:
        app.text_area(key="new-classes").set_value(f"tray\n\n  paper   bag \ncan\n{EVIL}")
        app.button(key="add-classes").click()

    in_dialog(lambda: button(app, "Add classes"), paste)
    app.run()

    assert names(workspace, project)[-3:] == ("tray", "paper bag", EVIL)
    assert [row["name"] for row in table(app)][-1] == EVIL
    assert EVIL not in texts(app)  # as markup
    assert "3 classes added" in texts(app)


def test_a_name_that_cannot_be_one_is_refused_with_a_sentence(open_screen, workspace, project):
    app = open_screen("classes")

    def paste(app: AppTest) -> None:
        app.text_area(key="new-classes").set_value("fine\n" + "x" * 300)
        app.button(key="add-classes").click()

    in_dialog(lambda: button(app, "Add classes"), paste)

    assert "The name has 300 characters; at most 200 fit" in app.error[0].value
    assert names(workspace, project) == project.classes


def test_a_class_is_renamed_and_found_by_its_earlier_name(open_screen, workspace, project):
    app = open_class(open_screen("classes"), project, "carton")

    in_dialog(lambda: app.button(key="class-rename"), rename("drinks carton"))
    app.text_input(key=f"class-search-{project.project_id}").set_value("CARTON").run()

    assert "drinks carton" in names(workspace, project)
    (row,) = table(app)
    assert (row["name"], row["others"]) == ("drinks carton", ["carton"])


def test_a_name_that_is_taken_leads_to_a_merge_that_can_be_taken_back(open_screen, workspace, project):
    app = open_class(open_screen("classes"), project, "carton")
    in_dialog(lambda: app.button(key="class-rename"), rename("can"))
    assert "There is a class 'can' already" in app.error[0].value

    in_dialog(lambda: app.button(key="class-rename"), lambda app: app.button(key="merge-instead").click())
    app.run()
    assert "carton" not in names(workspace, project)
    assert "“carton” merged into “can”" in texts(app)

    button(app, "Take back").click().run()
    assert "carton" in names(workspace, project)
    assert "taken back" in texts(app)
    button(app, "Bring back").click().run()
    assert "carton" not in names(workspace, project)


def test_only_an_unused_class_is_removed(open_screen, workspace, project):
    add_classes(workspace, project.project_id, ["tray"], LEAD)
    app = open_class(open_screen("classes"), project, "can")
    assert button(app, "Remove").disabled
    assert "merge it into another class instead" in button(app, "Remove").help

    button(open_class(app, project, "tray"), "Remove").click().run()

    assert "tray" not in names(workspace, project)
    assert "“tray” removed" in texts(app)


def test_colour_and_guideline_are_kept_and_told(open_screen, workspace, project):
    app = open_class(open_screen("classes"), project, "can")

    app.color_picker[0].set_value("#112233").run()
    app.text_area[0].set_value("Metal only.\nNot a jar.")
    button(app, "Save guideline").click().run()

    known = fetch_class_list(workspace, project.project_id).find("can")
    assert (known.colour, known.guideline) == ("#112233", "Metal only.\nNot a jar.")
    assert "Colour of “can”: #112233" in texts(app)
    button(app, "Use the palette's").click().run()
    assert fetch_class_list(workspace, project.project_id).find("can").colour == ""


def test_a_guideline_is_kept_when_another_lead_wrote_one_meanwhile(open_screen, workspace, project):
    app = open_class(open_screen("classes"), project, "can")
    app.text_area[0].set_value("Metal only.")
    set_guideline(workspace, project.project_id, "can", "Not a jar.", reviewer=LEAD)

    button(app, "Save guideline").click().run()

    assert fetch_class_list(workspace, project.project_id).find("can").guideline == "Metal only."
    assert app.text_area[0].value == "Metal only."


def test_a_guideline_that_was_sent_is_kept_though_only_the_click_after_it_arrived(open_screen, workspace, project):
    app = open_class(open_screen("classes"), project, "can")

    app.session_state[app.text_area[0].key] = "Metal only."
    open_class(app, project, "milk_bottle")

    assert fetch_class_list(workspace, project.project_id).find("can").guideline == "Metal only."
    assert "Guideline of “can” written" in texts(app)


def test_what_cannot_be_changed_is_said_where_it_was_asked_for(open_screen, workspace, project):
    app = open_class(open_screen("classes"), project, "can")
    give_role(workspace, "Lea", Role.LEAD)
    give_role(workspace, LEAD, Role.REVIEWER)

    app.text_area[0].set_value("Metal only.")
    button(app, "Save guideline").click().run()

    assert "lead" in app.error[0].value
    assert fetch_class_list(workspace, project.project_id).find("can").guideline == ""


def test_example_images_are_offered_among_those_that_are_labelled_so(open_screen, workspace, project):
    app = open_class(open_screen("classes"), project, "can")
    labelled = find_images(workspace, project, Filters(label="can"), "name").image_ids

    app.button(key="class-examples").click().run()

    assert [box.label.replace("\\", "") for box in app.checkbox] == labelled[:10]
    assert app.button(key="save-examples").label == "Save examples"


def test_who_is_no_lead_sees_everything_and_changes_nothing(open_screen, workspace, project):
    give_role(workspace, "Lea", Role.LEAD)
    give_role(workspace, LEAD, Role.REVIEWER)
    set_guideline(workspace, project.project_id, "can", f"Metal only. {EVIL}", reviewer="Lea")
    image = find_images(workspace, project, Filters(), "name").image_ids[0]
    set_examples(workspace, project.project_id, "can", [Example(image)], reviewer="Lea")

    app = open_screen("classes")

    shown = texts(app)
    assert "You may look at the class list and not change it: ask a lead" in shown
    assert "Metal only." in shown
    assert EVIL not in shown
    assert f'alt="{image}"' in shown
    assert "“can” written" in shown.replace("Guideline of ", "")
    assert [each.label for each in app.button if not each.disabled] == []
    assert [len(group) for group in (app.text_area, app.color_picker)] == [0, 0]


def test_five_thousand_classes_come_a_hundred_at_a_time(open_screen, workspace, project):
    many = [f"class {number:04}" for number in range(5000)]
    add_classes(workspace, project.project_id, many, LEAD)

    app = open_screen("classes")
    assert len(table(app)) == 100
    assert "5,004 classes" in texts(app)
    assert "5,000 classes added: “class 0000”, “class 0001”, “class 0002” and 4,997 more" in texts(app)
    assert len(app.button) < 20

    app.text_input(key=f"class-search-{project.project_id}").set_value("class 49").run()
    assert [row["name"] for row in table(app)] == many[4900:5000]
    app.text_input(key=f"class-search-{project.project_id}").set_value("nothing like it").run()
    assert "No class is or was called “nothing like it”." in texts(app)


def test_an_image_that_is_gone_is_told_among_the_examples(open_screen, workspace, project):
    images = find_images(workspace, project, Filters(), "name").image_ids
    set_examples(workspace, project.project_id, "can", [Example(name) for name in images[:2]], reviewer=LEAD)
    (Path(fetch_project(workspace, project.project_id).image_folder) / images[0]).unlink()
    import_images(workspace, project.project_id)

    app = open_class(open_screen("classes"), project, "can")

    assert "1 of them cannot be shown" in texts(app)
    assert f'alt="{images[1]}"' in texts(app)
