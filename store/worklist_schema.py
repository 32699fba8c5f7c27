"""The tables of worklists: images that somebody put together to be reviewed, in an order of their own."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from store.schema import metadata, project_key

worklists = Table(
    "worklists",
    metadata,
    Column("id", Integer, primary_key=True),
    project_key(),
    Column("title", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", String(40), nullable=False),
    UniqueConstraint("project_id", "digest"),
    sqlite_autoincrement=True,  # links name them by number: it is never given again
)
"""One row for each worklist.

Columns:
    digest: SHA-256 of title and images: the same list put together twice is one.
"""

worklist_images = Table(
    "worklist_images",
    metadata,
    Column("worklist_id", Integer, ForeignKey("worklists.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("image_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("worklist_images_by_image", "worklist_id", "image_id", unique=True),
    sqlite_with_rowid=False,
)
"""The images of a worklist; those whose file is gone stay listed, and are left out when it is read.

Columns:
    position: 0, 1, ... in the order of review.
    reason: Why the image is on the list, in words; may be empty.
"""
