"""Who works on a project: their roles, what they did, what they are at."""

from __future__ import annotations

import time
from dataclasses import dataclass

from domain.project import Project
from domain.role import Role
from services.identity import list_people
from services.workspace import Workspace
from store.leases import list_holders
from store.listing import count_reviewers


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who has a role in a project, decided something in it, or is at it now.

    Attributes:
        is_given: Whether somebody gave the role; else it is the default one.
        is_own: Whether it was given for this project alone.
        decided: Images whose decision in force is theirs.
        holds: Images they are at now.
        free_in: Seconds until the first of these is free again; None when they hold none.
    """

    name: str
    role: Role
    is_given: bool
    is_own: bool
    decided: int
    holds: int
    free_in: float | None


def list_workers(workspace: Workspace, project: Project) -> list[Worker]:
    """Return who works on a project, leads first, then by name."""
    known = {person.name: person for person in list_people(workspace, project.project_id)}
    now = time.time()
    with workspace.read() as connection:
        decided = count_reviewers(connection, project.project_id)
        holders = {each.reviewer: each for each in list_holders(connection, project.project_id, now=now)}
    workers: list[Worker] = []
    for name in known.keys() | holders.keys():
        person, holder = known.get(name), holders.get(name)
        workers.append(
            Worker(
                name,
                person.role if person else workspace.settings.default_role,
                is_given=person is not None and person.is_given,
                is_own=person is not None and person.is_own,
                decided=decided.get(name, 0),
                holds=holder.images if holder else 0,
                free_in=max(0.0, holder.first_free - now) if holder else None,
            )
        )
    return sorted(workers, key=lambda worker: (-worker.role.rank, worker.name.casefold()))
