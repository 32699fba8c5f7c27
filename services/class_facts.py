"""The class list as screens show it: how often each class is there, its examples, and whether it is another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.class_list import KnownClass
from domain.image import ImageRef
from domain.project import Project
from services.picture_addresses import picture_address
from services.projects import fetch_progress
from services.recounting import recount
from services.settling import settle_soon
from services.workspace import Workspace
from store.image_classes import LABEL, PREDICTION, ClassCount, count_classes
from store.images import list_files

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class with how often it is there.

    Attributes:
        colour: "#RRGGBB", that of the palette unless a person chose one.
        images: Images whose label, as it stands, has the class.
        objects: Objects of these labels; for whole images the same number.
        predicted: Images whose prediction has it.
    """

    known: KnownClass
    colour: str
    images: int
    objects: int
    predicted: int


ORDERS: Mapping[str, str] = {
    "palette": "As at the desk",
    "name": "By name",
    "frequent": "Most images first",
    "rare": "Fewest images first",
}
"""Order of the list -> its title."""

_SORT_KEYS: Mapping[str, Callable[[ClassFacts], Any]] = {
    "palette": lambda each: each.known.place,
    "name": lambda each: each.known.name.casefold(),
    "frequent": lambda each: (-each.images, each.known.place),
    "rare": lambda each: (each.images, each.known.place),
}


def list_class_facts(workspace: Workspace, project: Project) -> tuple[list[ClassFacts], bool]:
    """Return the classes in palette order, and whether all images are counted yet.

    In a large project the counts may be some seconds old.
    """
    is_settled = settle_soon(workspace, project.project_id)
    given, predicted = recount(
        workspace,
        project.project_id,
        "class facts",
        progress=fetch_progress(workspace, project.project_id),
        count=lambda: _count(workspace, project.project_id),
    )
    nothing = ClassCount(0, 0, 0, 0)
    return [
        ClassFacts(
            known,
            project.colour_of(known.name),
            given.get(known.name, nothing).images,
            given.get(known.name, nothing).objects,
            predicted.get(known.name, nothing).images,
        )
        for known in project.class_list.classes
    ], is_settled


def find_classes(facts: Iterable[ClassFacts], *, typed: str, order: str) -> list[ClassFacts]:
    """Return the classes that bear or bore a name with `typed` in it, without regard to case, in one of `ORDERS`."""
    wanted = typed.strip().casefold()
    found = [each for each in facts if any(wanted in name.casefold() for name in (each.known.name, *each.known.names))]
    return sorted(found, key=_SORT_KEYS[order])


def fetch_images(workspace: Workspace, project_id: int, image_ids: Iterable[str]) -> dict[str, ImageRef]:
    """Return those of some images that are there and can be read, by their ids and in their order."""
    wanted = list(dict.fromkeys(image_ids))
    found: dict[str, ImageRef] = {}
    with workspace.read() as connection:
        for start in range(0, len(wanted), _CHUNK):
            files = list_files(connection, project_id, image_ids=wanted[start : start + _CHUNK])
            found |= {
                file.image.image_id: file.image for file in files if not file.is_missing and file.image.is_readable
            }
    return {image_id: found[image_id] for image_id in wanted if image_id in found}


def describe_classes(workspace: Workspace, project: Project) -> list[dict[str, Any]]:
    """The classes in palette order: name, colour, guideline, examples, and the other names that labels may bear."""
    classes = project.class_list.classes
    wanted = (example.image_id for known in classes for example in known.examples)
    shown = fetch_images(workspace, project.project_id, wanted)
    return [
        {
            "name": known.name,
            "colour": project.colour_of(known.name),
            "guideline": known.guideline,
            "examples": _describe_examples(workspace, project.project_id, known, shown),
            "names": list(known.names),
        }
        for known in classes
    ]


def edit_of_version(version: str) -> str:
    """The newest edit of the class list that a version tells of; empty before all of them."""
    return version.partition(":")[0]


def class_version(project: Project) -> str:
    """Another text whenever the class list is another one."""
    return f"{project.class_list.newest}:{project.class_list.size}"


def _describe_examples(
    workspace: Workspace, project_id: int, known: KnownClass, shown: Mapping[str, ImageRef]
) -> Sequence[Mapping[str, str]]:
    images = [shown[name] for name in dict.fromkeys(each.image_id for each in known.examples) if name in shown]
    return [
        {"image_id": image.image_id, "thumb": picture_address(workspace, project_id, image, "thumbnails")}
        for image in images
    ]


def _count(workspace: Workspace, project_id: int) -> tuple[dict[str, ClassCount], dict[str, ClassCount]]:
    with workspace.read() as connection:
        return count_classes(connection, project_id, LABEL), count_classes(connection, project_id, PREDICTION)
