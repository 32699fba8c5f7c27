"""The tables behind queue, filters and team: what is known about images, who holds them, who may do what."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from store.schema import metadata, project_key

image_facts = Table(
    "image_facts",
    metadata,
    project_key(),
    Column("image_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("decision_id", String(64)),
    Column("reviewer", Text),
    Column("decided_at", String(40)),
    Column("score", Float),
    Column("differs", Boolean),
    Column("has_label", Boolean),
    Column("has_prediction", Boolean),
    Column("settled", Integer, nullable=False),
    UniqueConstraint("project_id", "image_id"),
    Index("image_facts_by_position", "project_id", "position"),
    Index("image_facts_by_score", "project_id", "score", "position"),
    Index("image_facts_by_difference", "project_id", "differs", "position"),
    Index("image_facts_by_reviewer", "project_id", "reviewer", "position"),
    Index("image_facts_by_status", "project_id", "status", "position"),
    Index("image_facts_by_status_score", "project_id", "status", "score", "position"),
    Index("image_facts_by_status_difference", "project_id", "status", "differs", "position"),
    Index("image_facts_by_settled", "project_id", "settled", "position"),
)
"""What filters and sorts need, one row for every image that is there; derived, so it can be made anew at any time.

A table of its own, not columns of `images`: rows and index entries stay small, missing images have no row and need no
filter, and what is derived stays out of bundles.

Columns:
    position: As in `images`.
    status: "new", or the verdict in force (`domain.decision.STATUSES`); with decision_id, reviewer and decided_at it is
        kept in the transaction that writes the decision.
    score: The lowest score the active model gave a shown object, or that of its top class; null without one.
    differs: Whether label file and prediction differ; null: not yet known.
    has_label, has_prediction: Whether a label file, the active model says something; null: not yet known.
    settled: The `project_tallies.epoch` for which score, differs, the two above and the rows of `image_classes` were
        computed; they are right when it is the present one. Negative, another one each time, when labels or predictions
        of this image changed since. What is not right is computed anew by `services.settling`.
"""

image_classes = Table(
    "image_classes",
    metadata,
    project_key(primary_key=True),
    Column("source", String(10), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("image_id", Text, primary_key=True),
    Column("objects", Integer, nullable=False),
    Column("is_shared", Boolean),
    Index("image_classes_by_image", "project_id", "image_id"),
    sqlite_with_rowid=False,
)
"""The classes of each image that is there, as right as `image_facts.settled` says.

Columns:
    source: "label" (as it stands: corrected, else of the file) or "prediction" (of the active model, above the
        threshold).
    objects: How many objects have the class; 1 for a class of the whole image.
    is_shared: Whether the other source says the same class; null when it says nothing about the image.
"""

project_tallies = Table(
    "project_tallies",
    metadata,
    project_key(primary_key=True),
    Column("changes", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("statuses", Text, nullable=False),
)
"""One row for each project.

Columns:
    changes: Counts up with every change of anything in the project.
    epoch: Counts up when the facts of all images have to be computed anew: another model, another threshold.
    statuses: JSON of status -> number of images that are there.
"""

leases = Table(
    "leases",
    metadata,
    project_key(),
    Column("image_id", Text, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("granted_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    UniqueConstraint("project_id", "image_id", "reviewer"),
    Index("leases_by_image", "project_id", "image_id"),
    Index("leases_by_expiry", "project_id", "expires_at"),
)
"""Who works on which image; times are seconds since 1970."""

members = Table(
    "members",
    metadata,
    project_key(nullable=True),
    Column("reviewer", Text, nullable=False),
    Column("role", String(10), nullable=False),
    UniqueConstraint("project_id", "reviewer"),
)
"""Roles: "viewer", "reviewer" or "lead"; a row without a project holds for every project."""
Index(
    "members_of_all",
    members.c.reviewer,
    unique=True,
    sqlite_where=members.c.project_id.is_(None),
    postgresql_where=members.c.project_id.is_(None),
)

CLASS_EDIT_KINDS = ("add", "rename", "merge", "colour", "guideline", "example", "remove")
class_edits = Table(
    "class_edits",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("edit_id", String(64), nullable=False, unique=True),
    project_key(),
    Column("kind", String(20), nullable=False),
    Column("name", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("edited_at", String(40), nullable=False),
    Column("undoes", String(64)),
    Index("class_edits_by_project", "project_id", "seq"),
    sqlite_autoincrement=True,
)
"""The log of changes to the class list; like `decisions` it only grows.

Columns:
    kind: One of `CLASS_EDIT_KINDS`.
    name: The class it is about, as it was called before.
    payload: A JSON object with what the kind needs.
    undoes: The edit this one takes back.
"""
