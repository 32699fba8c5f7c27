from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from domain.decision import Verdict
from domain.errors import ConflictError, InputError
from domain.prediction import Task
from domain.role import Role
from services import identity
from services.access import RightsError
from services.identity import Person
from tests.services.small_projects import decide, make_project


def test_the_first_person_of_an_installation_leads_it_and_the_second_does_not(workspace):
    identity.join(workspace, "Ana")
    identity.join(workspace, "Ben")

    assert identity.role_of(workspace, None, "Ana") is Role.LEAD
    assert identity.role_of(workspace, 7, "Ben") is Role.REVIEWER


def test_of_many_who_come_first_at_once_one_leads(workspace):
    names = [f"Person {number}" for number in range(8)]
    threads = [threading.Thread(target=identity.join, args=(workspace, name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [identity.role_of(workspace, None, name) for name in names].count(Role.LEAD) == 1


def test_people_nobody_gave_a_role_have_the_one_of_the_settings(workspace):
    strict = replace(workspace, settings=replace(workspace.settings, default_role=Role.VIEWER))

    assert identity.role_of(workspace, None, "Ben") is Role.REVIEWER
    assert identity.role_of(strict, None, "Ben") is Role.VIEWER


def test_a_role_is_given_for_one_project_or_for_all_and_taken_back(workspace, photos):
    project_id = make_project(workspace, photos, Task.DETECTION).project_id
    identity.give_role(workspace, "Ana", Role.LEAD)
    identity.give_role(workspace, " Ben \n K. ", Role.VIEWER, project_id=project_id)

    assert identity.role_of(workspace, project_id, "Ben K.") is Role.VIEWER
    assert identity.role_of(workspace, project_id + 1, "Ben K.") is Role.REVIEWER
    identity.take_role(workspace, "Ben K.", project_id=project_id)
    assert identity.role_of(workspace, project_id, "Ben K.") is Role.REVIEWER
    with pytest.raises(InputError, match=r"Nobody gave 'Ben K\.' a role there") as refusal:
        identity.take_role(workspace, "Ben K.", project_id=project_id)
    assert "Ana" in refusal.value.remedy


def test_the_last_lead_stays_one(workspace):
    identity.give_role(workspace, "Ana", Role.LEAD)

    for give_up in (
        lambda: identity.give_role(workspace, "Ana", Role.VIEWER),
        lambda: identity.take_role(workspace, "Ana"),
    ):
        with pytest.raises(ConflictError, match="Ana is the only lead"):
            give_up()
    identity.give_role(workspace, "Ben", Role.LEAD)
    identity.give_role(workspace, "Ana", Role.VIEWER)
    assert identity.role_of(workspace, None, "Ana") is Role.VIEWER


def test_people_are_those_with_a_role_and_those_who_decided(workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION)
    identity.give_role(workspace, "Ana", Role.LEAD)
    identity.give_role(workspace, "cleo", Role.VIEWER, project_id=project.project_id)
    decide(workspace, project, "a.png", Verdict.REJECT, reviewer="Ben")

    assert identity.list_people(workspace, project.project_id) == [
        Person("Ana", Role.LEAD, is_given=True, is_own=False),
        Person("Ben", Role.REVIEWER, is_given=False, is_own=False),
        Person("cleo", Role.VIEWER, is_given=True, is_own=True),
    ]


def test_what_only_leads_may_do_is_refused_to_others(workspace):
    identity.join(workspace, "Ana")

    identity.require_lead(workspace, None, "Ana", to="give roles")
    with pytest.raises(RightsError, match="Only a lead may give roles; Ben is none"):
        identity.require_lead(workspace, None, "Ben", to="give roles")
    identity.require_writing(Role.REVIEWER, "Ben")
    with pytest.raises(RightsError, match="Ben may look at this project and not change it"):
        identity.require_writing(Role.VIEWER, "Ben")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Ana R.", "Ana R."), ("  Ana \t\n R. ", "Ana R."), ("<b>Zoë</b>", "<b>Zoë</b>"), ("a\x00b\u202ec", "a b c")],
)
def test_a_name_is_one_line_of_signs_that_can_be_seen(typed, kept):
    assert identity.clean_name(typed) == kept


@pytest.mark.parametrize("typed", ["", "  \n", "\u200b", "x" * 61])
def test_what_is_no_name_is_refused(typed):
    with pytest.raises(InputError, match="expected 1 to 60"):
        identity.clean_name(typed)


def test_a_browser_keeps_a_name_that_only_this_server_can_have_given(workspace):
    sealed = identity.seal_name(workspace, "Zoë")

    assert identity.open_name(workspace, sealed) == "Zoë"
    assert identity.open_name(workspace, f"{sealed}x") is None
    assert identity.open_name(replace(workspace, secret=b"another"), sealed) is None


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"email": "ana@example.org", "name": "Ana", "sub": "7"}, "ana@example.org"),
        ({"email": "ana@example.org", "email_verified": True, "sub": "7"}, "ana@example.org"),
        ({"email": "boss@example.org", "email_verified": False, "sub": "7"}, "7"),
        ({"preferred_username": "ana", "name": "Ana", "sub": "7"}, "ana"),
        ({"name": "Ana", "sub": "7", "email": ""}, "7"),
    ],
)
def test_a_provider_names_people_by_what_is_theirs_alone(claims, name):
    # Two people may be called Ana, and an address nobody checked may be somebody else's.
    assert identity.name_from_claims(claims) == name


def test_a_provider_that_says_nothing_is_told_what_is_missing():
    with pytest.raises(InputError, match="gave no email") as refusal:
        identity.name_from_claims({"name": "Ana"})
    assert "openid email" in refusal.value.remedy
