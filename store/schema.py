"""The tables. Timestamps are UTC text in ISO 8601, contents are JSON text (`store.contents`)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()


def project_key(*, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    """The column that says which project a row belongs to; rows go with their project."""
    owner = ForeignKey("projects.id", ondelete="CASCADE")
    return Column("project_id", Integer, owner, primary_key=primary_key, nullable=nullable)


meta = Table("meta", metadata, Column("key", String(40), primary_key=True), Column("value", Text, nullable=False))

projects = Table(
    "projects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("task", String(40), nullable=False),
    Column("image_folder", Text, nullable=False),
    Column("classes", Text, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("model_id", Text),
    Column("url_prefix", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("archived_at", String(40)),
    Column("overlap", Integer, nullable=False, server_default="1"),
    Column("withheld_share", Float, nullable=False, server_default="0"),
    sqlite_autoincrement=True,  # browsers hold tokens and drafts by project number: it is never given again
)

images = Table(
    "images",
    metadata,
    project_key(),
    Column("image_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("uri", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("orientation", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("file_bytes", Integer().with_variant(BigInteger, "postgresql"), nullable=False),
    Column("modified_ns", String(24), nullable=False),
    Column("problem", Text, nullable=False),
    Column("is_missing", Boolean, nullable=False),
    Column("fingerprint", String(64), nullable=False, server_default=""),  # sha256 is empty until something asks
    Column("tags", Text, nullable=False, server_default=""),  # JSON, empty for none (`store.image_tags`)
    UniqueConstraint("project_id", "image_id"),
    Index("images_by_position", "project_id", "position"),
)

sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True),
    project_key(),
    Column("kind", String(20), nullable=False),
    Column("file", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("imported_at", String(40), nullable=False),
    Column("line_count", Integer, nullable=False),
    Column("used_count", Integer, nullable=False),
    Column("object_count", Integer, nullable=False),
    Column("format", String(40), nullable=False, server_default="azure-jsonl"),
    UniqueConstraint("project_id", "kind", "file"),
)

source_lines = Table(
    "source_lines",
    metadata,
    Column("source_id", Integer, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("image_id", Text),
    Column("text", Text, nullable=False),
    Column("content", Text),
    Column("is_refused", Boolean, nullable=False),
    Column("image_url", Text),  # only of lines that found no image, for the images that come later
    UniqueConstraint("source_id", "line"),
    Index("source_lines_by_image", "source_id", "image_id"),
)

findings = Table(
    "findings",
    metadata,
    Column("id", Integer, primary_key=True),
    project_key(),
    Column("source_id", Integer, ForeignKey("sources.id", ondelete="CASCADE")),
    Column("code", String(20), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("message", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", Integer),
    Column("column", Integer),
    Column("annotation", Integer),
    Column("remedy", Text, nullable=False),
    Index("findings_by_project", "project_id"),
)

models = Table(
    "models",
    metadata,
    project_key(),
    Column("model_id", Text, nullable=False),
    Column("spec", Text),
    Column("info", Text, nullable=False),
    Column("added_at", String(40), nullable=False),
    UniqueConstraint("project_id", "model_id"),
)

predictions = Table(
    "predictions",
    metadata,
    project_key(),
    Column("image_id", Text, nullable=False),
    Column("model_id", Text, nullable=False),
    Column("content", Text),
    Column("latency_s", Float),
    Column("problem", Text, nullable=False),
    UniqueConstraint("project_id", "model_id", "image_id"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("decision_id", String(64), nullable=False, unique=True),
    project_key(),
    Column("image_id", Text, nullable=False),
    Column("instance_id", Text),
    Column("verdict", String(20), nullable=False),
    Column("content", Text),
    Column("reviewer", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("overlays", Text, nullable=False),
    Column("decided_at", String(40), nullable=False),
    Column("undoes", String(64)),
    Column("client_id", String(64), nullable=False),
    Column("client_seq", Integer, nullable=False),
    Column("seconds", Float),
    Column("model_id", Text),
    Column("parent", String(64)),  # empty: none was in force on the screen; null: not known
    Column("provenance", Text),
    Column("region", Text),
    UniqueConstraint("client_id", "client_seq"),
    Index("decisions_by_image", "project_id", "image_id"),
    Index("decisions_by_reviewer", "project_id", "reviewer", "seq"),
    sqlite_autoincrement=True,
)
Index(
    "decisions_by_undone",
    decisions.c.undoes,
    sqlite_where=decisions.c.undoes.is_not(None),
    postgresql_where=decisions.c.undoes.is_not(None),
)
