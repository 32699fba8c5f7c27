"""Images that a person accepted or corrected, which serve as examples for others."""

from __future__ import annotations

from sqlalchemy import Connection, select

from domain.decision import Verdict
from store.bulk import PREFIX
from store.overlap import newest_verdicts
from store.review_schema import image_facts
from store.schema import decisions

_SAYS = (Verdict.ACCEPT.value, Verdict.CORRECT.value)


def list_examples(connection: Connection, project_id: int, *, reviewer: str | None = None) -> list[str]:
    """The images whose decision in force accepts or corrects them; not those that were accepted together unseen.

    Args:
        connection: The database.
        project_id: The project.
        reviewer: Only what this person decided, whatever others said since; None for what is in force.
    """
    if reviewer is not None:
        said = newest_verdicts(connection, project_id, reviewer)
        return [name for name, verdict in said.items() if verdict in _SAYS]
    is_its = (decisions.c.decision_id == image_facts.c.decision_id) & (decisions.c.project_id == project_id)
    query = (
        select(image_facts.c.image_id)
        .join(decisions, is_its)
        .where(image_facts.c.project_id == project_id, image_facts.c.status.in_(_SAYS))
        .where(~decisions.c.client_id.startswith(PREFIX, autoescape=True))
    )
    return list(connection.scalars(query))
