from domain.decision import Verdict
from domain.errors import InputError
from domain.prediction import Labels, Task
from services.export_jobs import find_export, start_export
from services.exporting import Export
from services.projects import set_url_prefix
from tests.services.small_projects import PREFIX, decide, label_line, make_project


def finished(workspace, project):
    assert start_export(workspace, project.project_id).ended.wait(30)
    return find_export(workspace, project.project_id)


def test_the_file_is_there_until_something_changes(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])
    assert find_export(workspace, project.project_id) is None

    export = finished(workspace, project)

    assert isinstance(export, Export)
    assert export.path.is_relative_to(workspace.settings.home)
    assert find_export(workspace, project.project_id) is export
    decide(workspace, project, "a.png", Verdict.CORRECT, Labels({"jar": 1.0}))
    assert find_export(workspace, project.project_id) is None
    again = finished(workspace, project)
    assert isinstance(again, Export)
    assert again.sha256 != export.sha256


def test_a_file_that_somebody_removed_is_not_offered(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])
    export = finished(workspace, project)
    assert isinstance(export, Export)

    export.path.unlink()

    assert find_export(workspace, project.project_id) is None


def test_what_is_missing_is_told_until_it_is_there(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    decide(workspace, project, "a.png", Verdict.CORRECT, Labels({"jar": 1.0}))
    assert isinstance(finished(workspace, project), InputError)

    set_url_prefix(workspace, project.project_id, PREFIX)

    assert find_export(workspace, project.project_id) is None
    assert isinstance(finished(workspace, project), Export)
