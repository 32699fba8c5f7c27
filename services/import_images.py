"""Reading a folder of images into a project. Reading it again adds and updates; decisions are never touched.

An import reads what the listing, the header and three pieces of each file give (`picture_survey`). Thumbnails are made
when somebody looks (`kept_thumbnails`), hashes when something is kept by them (`content_hash`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from domain.finding import Finding, Severity
from domain.image import ImageRef, version_of
from domain.progress import Report, ignore_progress
from services.content_hash import hash_file
from services.image_folder import find_images, scan_folder
from services.import_matching import Found, recognise
from services.kept_thumbnails import unreadable_finding
from services.late_images import match_late_images
from services.picture_survey import Survey, survey_picture
from services.pictures import inspect_image
from services.projects import check_folder, fetch_project
from services.splits import keep_folder_splits
from services.thumbnails import thumbnail_path
from services.workspace import Workspace
from store import projects
from store.findings import list_folder_findings, replace_findings
from store.images import ImageFile, count_files, list_files, save_images
from store.predictions import forget_predictions

_BATCH = 256
_THREADS = 2


@dataclass(frozen=True, slots=True)
class FolderSummary:
    """What a folder of images holds, as the project knows it.

    Attributes:
        images: Images of the project that are there.
        unreadable: Images that cannot be read.
        rotated: Images shown turned by their EXIF tag.
        missing: Images the project knows that are no longer in the folder.
        duplicates: Images whose file equals an earlier one in size, beginning, middle and end.
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
    found, refused = recognise(folder, scan.images, known, report)
    _read_in_batches(workspace, project_id, _Reader(folder, workspace.settings.max_pixels), found, report=report)
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
class _Read:
    """A file as it was known, None when it is new, and as it is."""

    known: ImageFile | None
    now: ImageFile

    def has_changed(self) -> bool:
        return self.known is not None and self.known.image.version != self.now.image.version

    def is_another(self) -> bool:
        """Whether the picture is another than before: by the hashes of the whole files where both are known."""
        if self.known is None:
            return False
        for before, now in (
            (self.known.image.sha256, self.now.image.sha256),
            (self.known.fingerprint, self.now.fingerprint),
        ):
            if before and now:
                return before != now
        return self.has_changed() or self.known.image.problem != self.now.image.problem


@dataclass(frozen=True, slots=True)
class _Reader:
    folder: Path
    max_pixels: int

    def read(self, found: Found) -> _Read | None:
        """Return the facts of a file; the stored ones where size and time say that it has not changed.

        One that could not be read is tried again: a right or a disk that was missing leaves size and time as they are.
        """
        known = found.known
        try:
            status = found.path.stat()
        except OSError:
            return None
        version = version_of(status.st_size, status.st_mtime_ns)
        if known and known.image.is_readable and known.image.version == version and known.fingerprint:
            image, fingerprint = replace(known.image, uri=str(found.path)), known.fingerprint
        else:
            survey = self._survey(found)
            facts, fingerprint = survey.facts, survey.fingerprint
            image = ImageRef(
                known.image.image_id if known else found.path.relative_to(self.folder).as_posix(),
                str(found.path),
                facts.width,
                facts.height,
                sha256="" if facts.problem else _hash_again(found, version, size=status.st_size),
                orientation=facts.orientation,
                problem=facts.problem,
                version=version,
            )
        now = ImageFile(image, found.position, status.st_size, status.st_mtime_ns, fingerprint=fingerprint)
        return _Read(known, now)

    def _survey(self, found: Found) -> Survey:
        """A file that could not be read is decoded: what was wrong with it may lie behind the header."""
        survey = survey_picture(found.path, max_pixels=self.max_pixels)
        if found.known is None or found.known.image.is_readable or survey.facts.problem:
            return survey
        facts = inspect_image(found.path, max_pixels=self.max_pixels)
        return Survey(facts, "" if facts.problem else survey.fingerprint)


def _hash_again(found: Found, version: str, *, size: int) -> str:
    """The hash of a file of which one is known: its time alone may have changed, as that of a copy does."""
    known = found.known
    if known is None or not known.image.sha256 or known.file_bytes != size:
        return ""
    return known.image.sha256 if known.image.version == version else hash_file(found.path)


def _read_in_batches(
    workspace: Workspace, project_id: int, reader: _Reader, found: Sequence[Found], *, report: Report
) -> None:
    thumbnails = workspace.folder("thumbnails") / str(project_id)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="relook-images") as pool:
        for start in range(0, len(found), _BATCH):
            report(start, len(found))
            files = [file for file in pool.map(reader.read, found[start : start + _BATCH]) if file is not None]
            for file in files:
                if file.has_changed():
                    thumbnail_path(thumbnails, file.now.image.image_id).unlink(missing_ok=True)
            with workspace.write() as connection:
                save_images(connection, project_id, [file.now for file in files])
                new = [file.now.image.image_id for file in files if file.known is None]
                keep_folder_splits(connection, project_id, new)
                forget_predictions(
                    connection, project_id, [file.now.image.image_id for file in files if file.is_another()]
                )
    report(len(found), len(found))


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
            yield unreadable_finding(name, file.image.problem)
