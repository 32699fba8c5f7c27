from __future__ import annotations

from datetime import UTC, datetime

from domain.decision import Decision, Verdict
from domain.prediction import Task
from domain.role import Role
from store import members
from store.decisions import Receipt, append_decision
from store.projects import delete_project, insert_project


def test_a_role_for_one_project_goes_before_the_one_for_all(connection, project_id):
    assert not members.has_members(connection)
    members.save_member(connection, None, "Ana", Role.VIEWER)
    members.save_member(connection, project_id, "Ana", Role.LEAD)
    other = insert_project(connection, name="Other", task=Task.DETECTION, image_folder="/photos")

    assert members.has_members(connection)
    assert members.find_role(connection, project_id, "Ana") is Role.LEAD
    assert members.find_role(connection, other, "Ana") is members.find_role(connection, None, "Ana") is Role.VIEWER
    assert members.find_role(connection, project_id, "Ben") is None


def test_a_role_is_changed_in_its_place(connection, project_id):
    for role in (Role.LEAD, Role.VIEWER):
        members.save_member(connection, None, "Ana", role)
        members.save_member(connection, project_id, "Ben", role)

    assert members.list_members(connection, project_id) == {"Ana": (Role.VIEWER, False), "Ben": (Role.VIEWER, True)}
    assert members.list_members(connection, None) == {"Ana": (Role.VIEWER, False)}
    assert members.list_leads(connection) == []


def test_a_role_taken_back_leaves_the_other_one(connection, project_id):
    members.save_member(connection, None, "Ana", Role.LEAD)
    members.save_member(connection, project_id, "Ana", Role.VIEWER)

    assert members.delete_member(connection, project_id, "Ana")
    assert not members.delete_member(connection, project_id, "Ana")
    assert members.find_role(connection, project_id, "Ana") is Role.LEAD
    assert members.list_leads(connection) == ["Ana"]


def test_roles_in_a_project_go_with_it(connection, project_id):
    members.save_member(connection, project_id, "Ana", Role.LEAD)

    delete_project(connection, project_id)

    assert not members.has_members(connection)


def test_everybody_who_decided_is_known_once(connection, project_id):
    for seq, name in enumerate(["Zoë", "ana", "Ben", "ana", "Zoë"], start=1):
        made = (f"d{seq}", "0.jpg", None, Verdict.REJECT, None, name, "", (), datetime.now(UTC))
        append_decision(connection, project_id, Decision(*made), Receipt("tab", seq))

    assert sorted(members.list_deciders(connection, project_id)) == ["Ben", "Zoë", "ana"]
    assert members.list_deciders(connection, project_id + 1) == []
