"""How many images have a label, a prediction, or both."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from domain.decision import Verdict
from store.review_schema import image_facts

_DECIDED = (Verdict.ACCEPT.value, Verdict.CORRECT.value)


@dataclass(frozen=True, slots=True)
class Given:
    """Images with a label, of a file or decided, with a prediction of the active model, and with both."""

    labelled: int
    predicted: int
    both: int


def count_given(connection: Connection, project_id: int) -> Given:
    """Count what is known by now, see `services.settling`."""
    is_labelled = image_facts.c.has_label.is_(True) | image_facts.c.status.in_(_DECIDED)
    is_predicted = image_facts.c.has_prediction.is_(True)
    wanted = (is_labelled, is_predicted, is_labelled & is_predicted)
    query = select(*(func.count().filter(each) for each in wanted)).where(image_facts.c.project_id == project_id)
    return Given(*connection.execute(query).one())
