"""What is told about a class beside its name: colour, guideline, examples."""

from __future__ import annotations

from collections.abc import Sequence

from domain.class_edit import EditKind, Example
from domain.errors import InputError, NotFoundError
from services.class_change import change_class
from services.class_rules import LONGEST_GUIDELINE, check_storable, is_colour, shorten
from services.workspace import Workspace
from store.images import list_files

MOST_EXAMPLES = 8


def set_colour(workspace: Workspace, project_id: int, name: str, colour: str, *, reviewer: str) -> None:
    """Give a class a colour of its own, "#RRGGBB"; empty for that of the palette.

    Raises:
        InputError: It is no colour.
    """
    if colour and not is_colour(colour):
        raise InputError(f"'{shorten(colour)}' is no colour.", remedy="Write it as #RRGGBB, for example #41BDFE.")
    change_class(workspace, project_id, name, EditKind.COLOUR, reviewer, colour=colour.upper())


def set_guideline(workspace: Workspace, project_id: int, name: str, text: str, *, reviewer: str) -> None:
    """Say when an object is of a class, in plain text.

    Raises:
        InputError: It is too long.
    """
    text = text.strip()
    if len(text) > LONGEST_GUIDELINE:
        raise InputError(
            f"The guideline has {len(text):,} characters; at most {LONGEST_GUIDELINE:,}.", remedy="Shorten it."
        )
    check_storable(text, "The guideline")
    change_class(workspace, project_id, name, EditKind.GUIDELINE, reviewer, text=text)


def set_examples(
    workspace: Workspace, project_id: int, name: str, examples: Sequence[Example], *, reviewer: str
) -> None:
    """Choose the images that show what a class is.

    Raises:
        InputError: There are too many.
        NotFoundError: The project has no such image.
    """
    chosen = list(dict.fromkeys(examples))
    if len(chosen) > MOST_EXAMPLES:
        raise InputError(f"{len(chosen)} examples; at most {MOST_EXAMPLES}.", remedy="Take one away first.")
    with workspace.read() as connection:
        files = list_files(connection, project_id, image_ids=[example.image_id for example in chosen])
    missing = {example.image_id for example in chosen} - {file.image.image_id for file in files}
    if missing:
        raise NotFoundError(f"The project has no image '{min(missing)}'.", remedy="Choose one on the Browse page.")
    images = [{"image_id": example.image_id, "instance_id": example.instance_id} for example in chosen]
    change_class(workspace, project_id, name, EditKind.EXAMPLE, reviewer, images=images)
