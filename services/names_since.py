"""Class names as an open editor showed them, in the names of now."""

from __future__ import annotations

from collections.abc import Mapping

from domain.prediction import Content, class_names
from domain.project import Project
from services.class_facts import edit_of_version
from store.class_edits import fetch_class_list_at
from store.engine import Connection


def names_since(
    connection: Connection, project: Project, content: Content | None, version: str | None
) -> Mapping[str, str]:
    """Return what the classes of a label are called now, of those that are called otherwise.

    A name may have been given to one class, taken back, and given to another one since: what it means is what it meant
    when the editor showed it.

    Args:
        connection: The database.
        project: The project, as it was read in this transaction.
        content: The label as it was sent.
        version: The class list that the editor showed, see `services.class_facts.class_version`; None when that is not
            known, then names are read as of now.
    """
    present = project.class_list.present
    if content is None or version is None or edit_of_version(version) == project.class_list.newest:
        return present
    shown = fetch_class_list_at(connection, project.project_id, edit_of_version(version))
    if shown is None:
        return present
    keys = {name: known.key for name in class_names(content) if (known := shown.find(name)) is not None}
    return {**present, **{name: present.get(key, key) for name, key in keys.items()}}
