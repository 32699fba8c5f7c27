"""Sharing the work out: who gets which images, for how long, and what to say when everything is taken.

An open page holds the images it was given until it decides on them, gives them back, or has not been heard of for
`LEASE_SECONDS`. Fetching more images, deciding, and asking for it renew what a page holds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from domain.decision import OPEN_STATUSES, Verdict
from domain.project import Project
from services.projects import fetch_project
from services.workspace import Workspace
from store import leases as table
from store import overlap
from store.engine import Connection
from store.leases import Holder
from store.review_schema import image_facts, leases
from store.tallies import fetch_tally
from store.worklists import Worklist, count_statuses, is_listed

LEASE_SECONDS = 600

_RENEWED_BELOW = LEASE_SECONDS * 3 / 4
"""What has longer to live is not written again with every decision."""

_WAITING = (*OPEN_STATUSES, Verdict.SKIP.value)


@dataclass(frozen=True, slots=True)
class Claimant:
    """An open page of somebody who asks for work. Several pages of one person share what they hold."""

    reviewer: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A moment in which nobody else can take images.

    Attributes:
        connection: The transaction.
        is_free: Condition on rows of `image_facts`: this person may have the image.
        was_skipped: The same: this person skipped it; None where the image's status tells.
        worklist: The images that are shared out; None for all of the project.
    """

    connection: Connection
    project: Project
    claimant: Claimant
    is_free: Any
    was_skipped: Any | None
    now: float
    worklist: Worklist | None = None

    def take(self, image_ids: Sequence[str]) -> list[str]:
        """Keep images for the page; return those it got, fewer when there would be no work left for the others."""
        names = list(image_ids)[: self._fair_share(image_ids)]
        given = {"client_id": self.claimant.client_id, "now": self.now, "until": self.now + LEASE_SECONDS}
        table.grant(self.connection, self.project.project_id, self.claimant.reviewer, names, **given)
        return names

    def take_if_free(self, image_id: str) -> None:
        """Keep an image that was asked for by name, when it waits and nobody else works on it."""
        statuses = () if self.was_skipped is not None else _WAITING
        project_id = self.project.project_id
        free = table.list_free(self.connection, project_id, self.is_free, image_ids=[image_id], statuses=statuses)
        given = {"client_id": self.claimant.client_id, "now": self.now, "until": self.now + LEASE_SECONDS}
        table.grant(self.connection, project_id, self.claimant.reviewer, free, **given)

    def find_held(self) -> Held | None:
        """Who else works on images that wait; None when no image waits, or nobody else is here."""
        holders = self._list_holders()
        others = tuple(holder for holder in holders if holder.reviewer != self.claimant.reviewer)
        if not others or not self._has_waiting():
            return None
        return Held(others, max(0.0, min(each.first_free for each in others) - self.now))

    def _has_waiting(self) -> bool:
        """Whether an image would wait for this person if nobody else were here."""
        project_id, people = self.project.project_id, self.project.overlap
        if people == 1:
            return self._count_waiting() > 0
        alone = overlap.awaits(project_id, self.claimant.reviewer, people=people, now=math.inf)
        if self.worklist is not None:
            alone &= is_listed(self.worklist, image_facts.c.image_id)
        return table.has_any(self.connection, alone)

    def _list_holders(self) -> list[Holder]:
        within = None if self.worklist is None else is_listed(self.worklist, leases.c.image_id)
        return table.list_holders(self.connection, self.project.project_id, now=self.now, condition=within)

    def _count_waiting(self) -> int:
        """Images that wait for somebody, of the worklist or of the project."""
        if self.worklist is not None:
            statuses = count_statuses(self.connection, self.worklist)
        else:
            statuses = fetch_tally(self.connection, self.project.project_id).statuses
        return sum(statuses.get(status, 0) for status in _WAITING)

    def _fair_share(self, image_ids: Sequence[str]) -> int:
        """How many of these images, from the first on, one person gets while others are here; at least one."""
        people = {holder.reviewer for holder in self._list_holders()}
        if self.project.overlap > 1 or not people - {self.claimant.reviewer}:
            return len(image_ids)
        within = None if self.worklist is None else is_listed(self.worklist, leases.c.image_id)
        mine = {"now": self.now, "reviewer": self.claimant.reviewer, "condition": within}
        own = {each.image_id for each in table.list_leases(self.connection, self.project.project_id, **mine)}
        left = math.ceil(self._count_waiting() / len(people | {self.claimant.reviewer})) - len(own)
        for index, name in enumerate(image_ids):
            left -= name not in own
            if left < 0:
                return max(1, index)
        return len(image_ids)


@dataclass(frozen=True, slots=True)
class Held:
    """Who works on the images that wait, when none is free.

    Attributes:
        holders: Who, with how many.
        free_in: Seconds until the first is free again, unless it is decided before or renewed.
    """

    holders: tuple[Holder, ...]
    free_in: float

    @property
    def images(self) -> int:
        return sum(holder.images for holder in self.holders)

    @property
    def reviewers(self) -> tuple[str, ...]:
        return tuple(holder.reviewer for holder in self.holders)


@dataclass(frozen=True, slots=True)
class Holding:
    """Somebody else who works on an image.

    Attributes:
        free_in: Seconds until it is free, unless it is decided before or renewed.
    """

    reviewer: str
    free_in: float


@contextmanager
def claiming(
    workspace: Workspace, project: Project, claimant: Claimant, *, worklist: Worklist | None = None
) -> Iterator[Claim]:
    """A transaction in which images can be found and taken by nobody else, those of a worklist or of all."""
    now, project_id, reviewer = time.time(), project.project_id, claimant.reviewer
    is_free, was_skipped = table.is_free(project_id, reviewer, now=now), None
    if project.overlap > 1:
        is_free = overlap.awaits(project_id, reviewer, people=project.overlap, now=now)
        was_skipped = overlap.was_skipped(reviewer)
    with workspace.write() as connection:
        table.lock_queue(connection, project_id)
        table.drop_expired(connection, project_id, now=now, until=now + LEASE_SECONDS)
        yield Claim(connection, project, claimant, is_free, was_skipped, now, worklist)


def renew(workspace: Workspace, project_id: int, claimant: Claimant, image_ids: Sequence[str]) -> dict[str, Holding]:
    """Keep the images that a page shows, and take again what it lost to nobody; return those that others have now."""
    project = fetch_project(workspace, project_id)
    with claiming(workspace, project, claimant) as claim:
        statuses = () if project.overlap > 1 else _WAITING
        free = table.list_free(claim.connection, project_id, claim.is_free, image_ids=image_ids, statuses=statuses)
        until = claim.now + LEASE_SECONDS
        given = {"client_id": claimant.client_id, "now": claim.now, "until": until}
        table.grant(claim.connection, project_id, claimant.reviewer, free, **given)
        lost = [name for name in image_ids if name not in free]
        return _find_holdings(claim.connection, project_id, claimant.reviewer, lost, now=claim.now)


def release(workspace: Workspace, project_id: int, claimant: Claimant) -> None:
    """Give back everything that a page holds: it is being closed."""
    with workspace.write() as connection:
        table.release(connection, project_id, claimant.reviewer, client_id=claimant.client_id)


def note_decision(
    connection: Connection, project_id: int, claimant: Claimant, image_id: str, *, is_undo: bool = False
) -> None:
    """Give a decided image back and renew the others; an image opened again by an undo stays with its reviewer.

    Call it in the transaction that appended the decision, behind it.
    """
    now = time.time()
    given = {"client_id": claimant.client_id, "until": now + LEASE_SECONDS}
    table.renew(connection, project_id, claimant.reviewer, **given, due=now + _RENEWED_BELOW)
    if is_undo and table.list_free(connection, project_id, None, image_ids=[image_id], statuses=OPEN_STATUSES):
        table.grant_unless_held(connection, project_id, claimant.reviewer, image_id, **given, now=now)
    else:
        table.release(connection, project_id, claimant.reviewer, image_ids=[image_id])


def find_holdings(workspace: Workspace, project_id: int, reviewer: str, image_ids: Sequence[str]) -> dict[str, Holding]:
    """Image -> who else works on it now."""
    with workspace.read() as connection:
        return _find_holdings(connection, project_id, reviewer, image_ids, now=time.time())


def list_holders(workspace: Workspace, project_id: int) -> list[Holder]:
    """Who works on a project now, with how many images."""
    with workspace.read() as connection:
        return table.list_holders(connection, project_id, now=time.time())


def _find_holdings(
    connection: Connection, project_id: int, reviewer: str, image_ids: Sequence[str], *, now: float
) -> dict[str, Holding]:
    held = table.list_leases(connection, project_id, now=now, image_ids=image_ids)
    return {each.image_id: Holding(each.reviewer, each.expires_at - now) for each in held if each.reviewer != reviewer}
