"""The class list as the review desk shows it, and whether it is another one than before."""

from __future__ import annotations

from typing import Any

from domain.project import Project
from services.workspace import Workspace
from store.class_edits import last_edit


def describe_classes(project: Project) -> list[dict[str, Any]]:
    """The classes in palette order: name, colour, guideline, and the other names that labels may bear for each."""
    return [
        {
            "name": known.name,
            "colour": project.colour_of(known.name),
            "guideline": known.guideline,
            "names": list(known.names),
        }
        for known in project.class_list.classes
    ]


def class_version(workspace: Workspace, project: Project) -> str:
    """Another text whenever the class list is another one."""
    with workspace.read() as connection:
        return f"{last_edit(connection, project.project_id)}:{project.class_list.size}"
