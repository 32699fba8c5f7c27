"""The workspace of this user, and a project of it by name."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import UnknownNameError
from domain.project import Project
from domain.settings import read_settings
from services.projects import list_projects
from services.workspace import Workspace, open_workspace


def add_project_option(parser: argparse.ArgumentParser) -> None:
    """Add --project."""
    parser.add_argument("--project", metavar="NAME", required=True, help="as the Workspace page calls it")


@contextmanager
def opened_workspace() -> Iterator[Workspace]:
    """The workspace under RELOOK_HOME, closed at the end."""
    workspace = open_workspace(read_settings())
    try:
        yield workspace
    finally:
        workspace.close()


def find_project(workspace: Workspace, name: str) -> Project:
    """Return the project of that name, archived ones included.

    Raises:
        UnknownNameError: There is none; the message lists those there are.
    """
    projects = {project.name: project for project in list_projects(workspace, with_archived=True)}
    if name not in projects:
        raise UnknownNameError("project", name, known=list(projects) or [f"none in {workspace.settings.home}"])
    return projects[name]
