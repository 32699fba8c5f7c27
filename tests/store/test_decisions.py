from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import DBAPIError

from domain.decision import Decision, Verdict
from domain.errors import ConflictError
from domain.geometry import Box
from domain.prediction import Instance, Instances
from domain.region import Brush
from store.decisions import (
    Receipt,
    append_decision,
    is_undone,
    iterate_log,
    last_client_seq,
    list_current,
    list_redoable,
    list_undoable,
)
from store.projects import delete_project
from store.schema import decisions

CONTENT = Instances((Instance("a", "can", Box(0.1, 0.2, 1 / 3, 0.4)),))


def decide(
    connection: Connection, project_id: int, seq: int, *, image: str = "0.jpg", undoes: str | None = None
) -> bool:
    decision = Decision(
        decision_id=f"d{seq}",
        image_id=image,
        instance_id=None,
        verdict=Verdict.CORRECT,
        content=None if undoes else CONTENT,
        reviewer="Ana",
        note="",
        overlays=(),
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
        undoes=undoes,
    )
    return append_decision(connection, project_id, decision, Receipt("tab", seq))


def test_the_newest_decision_is_in_force_with_its_exact_numbers(connection: Connection, project_id: int):
    decide(connection, project_id, 1)
    decide(connection, project_id, 2)

    current = list_current(connection, project_id)

    assert current["0.jpg"].decision_id == "d2"
    assert current["0.jpg"].content == CONTENT


def test_undo_brings_the_earlier_decision_back_and_redo_the_later_one(connection: Connection, project_id: int):
    decide(connection, project_id, 1)
    decide(connection, project_id, 2)
    decide(connection, project_id, 3, undoes="d2")
    assert list_current(connection, project_id)["0.jpg"].decision_id == "d1"
    assert is_undone(connection, "d2")

    decide(connection, project_id, 4, undoes="d3")
    assert list_current(connection, project_id)["0.jpg"].decision_id == "d2"
    assert not is_undone(connection, "d2")

    decide(connection, project_id, 5, undoes="d2")
    decide(connection, project_id, 6, undoes="d1")
    assert list_current(connection, project_id) == {}


def test_history_names_what_can_be_undone_and_redone(connection: Connection, project_id: int):
    decide(connection, project_id, 1, image="0.jpg")
    decide(connection, project_id, 2, image="1.jpg")
    decide(connection, project_id, 3, image="1.jpg", undoes="d2")

    undoable = list_undoable(connection, project_id, "Ana", count=10)
    redoable = list_redoable(connection, project_id, "Ana", count=10)

    assert [entry.decision_id for entry in undoable] == ["d1"]
    assert [entry.decision_id for entry in redoable] == ["d3"]


def test_a_new_decision_ends_what_can_be_redone(connection: Connection, project_id: int):
    decide(connection, project_id, 1)
    decide(connection, project_id, 2, undoes="d1")
    decide(connection, project_id, 3)

    assert list_redoable(connection, project_id, "Ana", count=10) == []


def test_a_decision_sent_twice_is_stored_once(connection: Connection, project_id: int):
    assert decide(connection, project_id, 1)
    assert not decide(connection, project_id, 1)

    assert last_client_seq(connection, "tab") == 1
    assert len(connection.execute(select(decisions)).all()) == 1


def test_two_decisions_of_one_id_are_a_conflict(connection: Connection, project_id: int):
    decide(connection, project_id, 1)
    twin = Decision("d1", "1.jpg", None, Verdict.SKIP, None, "Ben", "", (), datetime(2026, 1, 1, tzinfo=UTC))

    with pytest.raises(ConflictError):
        append_decision(connection, project_id, twin, Receipt("other", 1))


@pytest.mark.parametrize("statement", [update(decisions).values(note="x"), delete(decisions)])
def test_the_log_refuses_change(connection: Connection, project_id: int, statement):
    decide(connection, project_id, 1)

    with pytest.raises(DBAPIError, match="append-only"):
        connection.execute(statement)


def test_deleting_a_project_takes_its_log_along(connection: Connection, project_id: int):
    decide(connection, project_id, 1)

    delete_project(connection, project_id)

    assert connection.execute(select(decisions)).all() == []


def test_the_decision_on_one_image_is_found_without_reading_the_log(connection: Connection, project_id: int):
    query = f"SELECT * FROM current_decisions WHERE project_id = {project_id} AND image_id = '0.jpg'"
    if connection.dialect.name == "sqlite":
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
        assert any("USING INDEX decisions_by_image" in step for step in plan)
        assert not any(step.startswith(("SCAN", "MATERIALIZE")) for step in plan)
    else:
        for seq in range(1, 200):
            decide(connection, project_id, seq, image=f"{seq}.jpg")
        connection.exec_driver_sql("ANALYZE decisions")
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # else so small a table is read whole
        plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {query}")]
        assert any("Index Scan" in step and "decisions_by_image" in step for step in plan)
        assert not any("Seq Scan" in step for step in plan)


def test_what_was_on_screen_is_kept_with_the_decision(connection: Connection, project_id: int):
    provenance = {"prediction": {"label": "can", "score": 0.87}, "reason": "Lowest score 0.87", "client": "Firefox"}
    regions = [Box(0.1, 0.2, 1 / 3, 0.4), Brush(4, 2, (3, 2, 3)), None]
    for seq, region in enumerate(regions, start=1):
        decision = Decision(
            *(f"d{seq}", "0.jpg", None, Verdict.WRONG_EVIDENCE, None, "Ana", "", ()),
            datetime(2026, 1, 1, tzinfo=UTC),
            parent=f"d{seq - 1}" if seq > 1 else "",
            region=region,
        )
        append_decision(connection, project_id, decision, Receipt("tab", seq, 2.5, "m@1", provenance))

    rows = list(iterate_log(connection, project_id))

    assert [row.decision.region for row in rows] == regions
    assert [row.decision.parent for row in rows] == ["", "d1", "d2"]
    assert [row.receipt for row in rows] == [Receipt("tab", seq, 2.5, "m@1", provenance) for seq in (1, 2, 3)]
    assert [row.decision.decision_id for row in iterate_log(connection, project_id, after=rows[1].seq)] == ["d3"]
