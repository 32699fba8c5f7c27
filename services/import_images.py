"""Reading a folder of images into a project. Reading it again adds and updates; decisions are never touched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from domain.finding import Finding, Severity
from domain.image import ImageRef
from domain.progress import Report, ignore_progress
from services.image_folder import find_images, scan_folder
from services.late_images import match_late_images
from services.projects import check_folder, fetch_project
from services.thumbnails import inspect_and_thumbnail, thumbnail_path
from services.workspace import Workspace
from store import projects
from store.findings import list_folder_findings, replace_findings
from store.images import ImageFile, count_files, list_files, save_images
from store.predictions import forget_predictions

_BATCH = 64
_THREADS = 2


@dataclass(frozen=True, slots=True)
class FolderSummary:
    """What a folder of images holds, as the project knows it.

    Attributes:
        images: Images of the project that are there.
        unreadable: Images that cannot be read.
        rotated: Images shown turned by their EXIF tag.
        missing: Images the project knows that are no longer in the folder.
        duplicates: Images whose file equals an earlier one byte for byte.
        left_out: Pictures and folders that were refused.
    """

    images: int
    unreadable: int
    rotated: int
    missing: int
    duplicates: int
    left_out: int


def import_images(workspace: Workspace, project_id: int, *, report: Report = ignore_progress) -> FolderSummary:
    """Read the project's folder; a file that was moved or renamed in it stays the image it was, by its content.

    What is finished when a person cancels is kept, and not read again.

    Raises:
        InputError: The folder is missing or cannot be opened.
        Cancelled: A person asked to stop.
    """
    folder = Path(fetch_project(workspace, project_id).image_folder)
    scan = scan_folder(folder)
    with workspace.read() as connection:
        known = list_files(connection, project_id)
    if not scan.images and not known:
        find_images(folder)  # says what the folder holds instead
    found, refused = _recognise(folder, scan.images, known, report)
    thumbnails = workspace.folder("thumbnails") / str(project_id)
    _read_in_batches(workspace, project_id, _Reader(folder, thumbnails, workspace.settings.max_pixels), found, report)
    seen = {item.known.image.image_id for item in found if item.known is not None}
    gone = [replace(file, is_missing=True) for file in known if file.image.image_id not in seen]
    with workspace.write() as connection:
        save_images(connection, project_id, gone)
        problems = _problems(list_files(connection, project_id))
        replace_findings(connection, project_id, [*scan.refused, *refused, *problems])
    if any(item.known is None or item.known.is_missing for item in found):
        match_late_images(workspace, project_id)
    return summarise_folder(workspace, project_id)


def relink_folder(
    workspace: Workspace, project_id: int, folder: str, *, report: Report = ignore_progress
) -> FolderSummary:
    """Point a project to where its images lie now, and read that folder.

    Raises:
        InputError: The folder is missing or cannot be opened.
    """
    new = check_folder(folder)
    scan_folder(new)  # raises before anything is changed
    with workspace.write() as connection:
        projects.update_project(connection, project_id, image_folder=str(new))
    return import_images(workspace, project_id, report=report)


def summarise_folder(workspace: Workspace, project_id: int) -> FolderSummary:
    """Count what the project knows about its folder."""
    with workspace.read() as connection:
        counts = count_files(connection, project_id)
        findings = list_folder_findings(connection, project_id)
    return FolderSummary(
        images=counts.there,
        unreadable=counts.unreadable,
        rotated=counts.turned,
        missing=counts.missing,
        duplicates=counts.duplicates,
        left_out=sum(finding.code == "FILE" for finding in findings),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    position: int
    known: ImageFile | None


@dataclass(frozen=True, slots=True)
class _Reader:
    folder: Path
    thumbnails: Path
    max_pixels: int

    def read(self, found: _Found) -> ImageFile | None:
        """Return the facts of a file; the stored ones where size and time say that it has not changed."""
        known = found.known
        image_id = known.image.image_id if known else found.path.relative_to(self.folder).as_posix()
        thumbnail = thumbnail_path(self.thumbnails, image_id)
        try:
            status = found.path.stat()
        except OSError:
            return None
        if known and _is_unchanged(known, status.st_size, status.st_mtime_ns) and thumbnail.exists():
            image = replace(known.image, uri=str(found.path))
        else:
            facts = inspect_and_thumbnail(found.path, thumbnail, max_pixels=self.max_pixels)
            if facts.problem:
                thumbnail.unlink(missing_ok=True)
            image = ImageRef(
                image_id,
                str(found.path),
                facts.width,
                facts.height,
                sha256="" if facts.problem else _hash_file(found.path),
                orientation=facts.orientation,
                problem=facts.problem,
            )
        return ImageFile(image, found.position, status.st_size, status.st_mtime_ns)


def _recognise(
    folder: Path, paths: Sequence[Path], known: Sequence[ImageFile], report: Report
) -> tuple[list[_Found], list[Finding]]:
    """Say which image each file is: by where it was found before, by its relative path, then by its content.

    An image recognised by its content lies under another name than its own, which a new file may bear: that is refused.
    """
    by_place = {file.image.uri: file for file in known}
    by_name = {str(folder / file.image.image_id): file for file in known}
    there = {str(path) for path in paths}
    found: list[_Found] = []
    refused: list[Finding] = []
    for position, path in enumerate(paths):
        named = by_name.get(str(path))
        file = by_place.get(str(path)) or named
        if file is not None and file is named and file.image.uri != str(path) and file.image.uri in there:
            refused.append(_name_taken(file, path))
        else:
            found.append(_Found(path, position, file))
    return _recognise_content(found, known, report), refused


def _recognise_content(found: Sequence[_Found], known: Sequence[ImageFile], report: Report) -> list[_Found]:
    """Compare files of unknown names with the images that were not found."""
    seen = {item.known.image.image_id for item in found if item.known is not None}
    lost: dict[str, list[ImageFile]] = {}
    for file in known:
        if file.image.image_id not in seen and file.image.sha256:
            lost.setdefault(file.image.sha256, []).append(file)
    if not lost:
        return list(found)
    recognised: list[_Found] = []
    for done, item in enumerate(found):
        report(done, len(found))
        same = lost.get(_hash_file(item.path)) if item.known is None else None
        recognised.append(replace(item, known=same.pop(0)) if same else item)
    return recognised


def _name_taken(file: ImageFile, path: Path) -> Finding:
    name = file.image.image_id
    message = f"{path.name} is left out: the project knows {Path(file.image.uri).name} as {name}."
    return Finding("FILE", Severity.WARNING, message, file=name, remedy="Rename the new file.")


def _is_unchanged(known: ImageFile, size: int, modified_ns: int) -> bool:
    return known.image.is_readable and (known.file_bytes, known.modified_ns) == (size, modified_ns)


def _read_in_batches(
    workspace: Workspace, project_id: int, reader: _Reader, found: Sequence[_Found], report: Report
) -> None:
    known = {item.known.image.image_id: item.known for item in found if item.known is not None}
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="relook-images") as pool:
        for start in range(0, len(found), _BATCH):
            report(start, len(found))
            files = [file for file in pool.map(reader.read, found[start : start + _BATCH]) if file is not None]
            with workspace.write() as connection:
                save_images(connection, project_id, files)
                forget_predictions(connection, project_id, _find_changed(files, known))
    report(len(found), len(found))


def _find_changed(files: Sequence[ImageFile], known: Mapping[str, ImageFile]) -> list[str]:
    """The images whose content is another than before: what a model said was about the old one."""
    names = [file.image.image_id for file in files if file.image.image_id in known]
    now = {file.image.image_id: file.image.sha256 for file in files}
    return [name for name in names if now[name] != known[name].image.sha256]


def _problems(files: Sequence[ImageFile]) -> Iterator[Finding]:
    for file in files:
        name = file.image.image_id
        if file.is_missing:
            yield Finding(
                "MISSING",
                Severity.WARNING,
                f"{name} is no longer in the folder; its labels and decisions are kept.",
                file=name,
                remedy="Put it back, or relink the folder.",
            )
        elif file.image.problem:
            yield Finding("UNREADABLE", Severity.ERROR, file.image.problem, file=name)


def _hash_file(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
