"""How many rows an index leads to, told to SQLite, which would guess that every column picks about ten.

Every index here begins with a project, and a project may have all the rows: with that guess SQLite walks through a
million of them to find one image. The numbers are those of ten projects of 100,000 images; only their proportions
matter (sqlite.org/fileformat2.html, section 2.6.4).
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_ALL, _PROJECT = 1_000_000, 100_000
_ROWS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("images", "sqlite_autoindex_images_1", (_PROJECT, 1)),
    ("images", "images_by_position", (_PROJECT, 1)),
    ("source_lines", "sqlite_autoindex_source_lines_1", (_PROJECT, 1)),
    ("source_lines", "source_lines_by_image", (_PROJECT, 2)),
    ("predictions", "sqlite_autoindex_predictions_1", (_PROJECT, 50_000, 1)),
    ("decisions", "sqlite_autoindex_decisions_1", (500, 1)),
    ("decisions", "sqlite_autoindex_decisions_2", (1,)),
    ("decisions", "decisions_by_image", (_PROJECT, 2)),
    ("decisions", "decisions_by_undone", (2,)),
    ("decisions", "decisions_by_reviewer", (_PROJECT, 10_000, 1)),
    ("image_facts", "sqlite_autoindex_image_facts_1", (_PROJECT, 1)),
    ("image_facts", "image_facts_by_position", (_PROJECT, 1)),
    ("image_facts", "image_facts_by_score", (_PROJECT, 10, 1)),
    ("image_facts", "image_facts_by_difference", (_PROJECT, 50_000, 1)),
    ("image_facts", "image_facts_by_reviewer", (_PROJECT, 10_000, 1)),
    ("image_facts", "image_facts_by_status", (_PROJECT, 20_000, 1)),
    ("image_facts", "image_facts_by_status_score", (_PROJECT, 20_000, 5, 1)),
    ("image_facts", "image_facts_by_status_difference", (_PROJECT, 20_000, 10_000, 1)),
    ("image_facts", "image_facts_by_settled", (_PROJECT, 50_000, 1)),
    ("image_classes", "image_classes", (_PROJECT, 50_000, 5_000, 1)),
    ("image_classes", "image_classes_by_image", (_PROJECT, 3)),
)


def tell_statistics(connection: Connection) -> None:
    """Write the numbers in place of all there are; nothing is measured."""
    connection.execute(text("ANALYZE meta"))  # makes the table for them
    connection.execute(text("DELETE FROM sqlite_stat1"))
    insert = text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :numbers)")
    for table, index, rows in _ROWS:
        numbers = " ".join(map(str, (_ALL, *rows)))
        connection.execute(insert, {"table": table, "index": index, "numbers": numbers})
    connection.execute(text("ANALYZE sqlite_schema"))  # has this connection read them
