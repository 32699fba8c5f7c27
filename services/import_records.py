"""Reading files of every format into a project, record by record: labels, and the predictions of one or more models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from domain.errors import FormatError, InputError
from domain.finding import Finding
from domain.plain_content import to_plain
from domain.prediction import Content
from domain.progress import Report, ignore_progress
from domain.project import Project
from domain.splits import SPLIT_TAG, split_named
from formats.base import FileReport, Format, ImageFacts, ImageMatch, ReadOptions, Record, Role
from services.conversion_files import digest
from services.file_models import file_model, file_model_id, file_prediction
from services.filing import Entry, Filing, ImportSummary
from services.found import findings_of
from services.image_findings import as_shown, check_image
from services.project_images import ProjectImages
from services.projects import fetch_project
from services.splits import SplitTeller, describe_kept, keep_tags
from services.turning import to_stored_grid
from services.workspace import Workspace
from store import predictions, projects
from store.engine import Connection
from store.images import list_turned

_BATCH = 1000


def import_records(
    workspace: Workspace,
    project_id: int,
    source: Format,
    path: Path,
    *,
    classes: Mapping[int, str] | None = None,
    keeps_path: bool = True,
    mends: bool = False,
    takes_splits: bool = False,
    report: Report = ignore_progress,
) -> list[ImportSummary]:
    """Read a file or folder: one summary for its labels and one for the predictions of every model in it.

    Reading a file of that name again replaces what it said; decisions are never touched. The first model becomes the
    active one.

    Args:
        workspace: The workspace.
        project_id: The project.
        source: The format to read it in.
        path: The file or folder.
        classes: Class names by number, for formats that hold numbers only.
        keeps_path: Whether the place of the file is remembered.
        mends: Read a stranger's notation as what it obviously is; its lines are then not kept as they stand.
        takes_splits: Whether the splits that it names replace those that were made here.
        report: Called with (records read, 0).

    Raises:
        FormatError: It cannot be read, or is for another task than the project.
        InputError: The class names are missing.
        Cancelled: A person asked to stop; nothing was changed.
    """
    if source.needs_classes and not classes:
        raise InputError(f"{source.title} holds class numbers and no names.", remedy="Name the classes.")
    project, name = fetch_project(workspace, project_id), path.name
    images = _Images(workspace, project_id, is_upright=source.is_upright)
    found = FileReport(name, source.rules, task=None)
    records = source.read(path, ReadOptions(classes=classes or {}, find_image=images.find, mends=mends), found)
    with workspace.write() as connection:
        place = str(path) if keeps_path else ""
        teller = SplitTeller(name, place, named=source.read_splits(path))
        desk = _Desk(connection, project, source, place, name, digest(path), teller, is_mended=mends)
        done = 0
        while batch := list(islice(records, _BATCH)):
            _check_task(found, project, name)
            desk.add(batch, images)
            done += len(batch)
            report(done, 0)
        _check_task(found, project, name)
        kept = keep_tags(connection, project_id, desk.tags, takes_splits=takes_splits)
        return desk.finish((*found.take(), *describe_kept(kept, name)))


def _check_task(found: FileReport, project: Project, name: str) -> None:
    if found.task is not None and found.task.has_objects != project.task.has_objects:
        raise FormatError(
            f"The file is for {found.task.in_words}; the project is {project.task.in_words}.",
            where=name,
            remedy="Choose another file, or make a new project of that task.",
        )


class _Images:
    """The images of the project, found by address, with their sizes on the grid that the format's tools show."""

    def __init__(self, workspace: Workspace, project_id: int, *, is_upright: bool) -> None:
        self._images = ProjectImages(workspace, project_id)
        self._is_upright = is_upright
        with workspace.read() as connection:
            self._turned = list_turned(connection, project_id)

    def find(self, address: str) -> ImageFacts | None:
        """Facts about the one image an address means."""
        match, row = self._images.locate([address])[0]
        if match.path is None:
            return None
        width, height = self._images.size(row)
        if not width or not height:
            return None
        facts = ImageFacts(match.path, width, height, self._turned.get(match.path, 1))
        return as_shown(facts, is_upright=self._is_upright)

    def match(self, records: Sequence[Record]) -> list[ImageMatch]:
        """The image each record is about."""
        return [match for match, _ in self._images.locate([record.image_url for record in records])]

    def turn(self, content: Content | None, path: str | None) -> Content | None:
        """The content on the stored grid."""
        if content is None or not self._is_upright or path not in self._turned:
            return content
        return to_stored_grid(content, self._turned[path])


@dataclass(slots=True)
class _Desk:
    """Where the records of a file are sorted: labels to their place, predictions to that of their model."""

    connection: Connection
    project: Project
    source: Format
    path: str
    name: str
    sha256: str
    teller: SplitTeller
    is_mended: bool
    tags: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    filings: dict[tuple[Role, str], Filing] = field(default_factory=dict[tuple[Role, str], Filing])
    last_lines: dict[tuple[Role, str], int] = field(default_factory=dict[tuple[Role, str], int])

    def add(self, batch: Sequence[Record], images: _Images) -> None:
        """File some records."""
        matches = images.match(batch)
        for key in dict.fromkeys(_key(record) for record in batch):
            ours = [(record, match) for record, match in zip(batch, matches, strict=True) if _key(record) == key]
            entries = [self._entry(key, record, match, images) for record, match in ours]
            self._filing(key).add(entries, list(self._findings(ours, images)))
            for record, match in ours:
                self._tag(record, match.path)
            if key[0] is Role.PREDICTION:
                self._predict(key, ours, images)

    def finish(self, found: tuple[Finding, ...]) -> list[ImportSummary]:
        """Store what concerns the file as a whole, and the models."""
        if not self.filings:
            self._filing((Role.LABEL if Role.LABEL in self.source.roles else Role.PREDICTION, ""))
        summaries: list[ImportSummary] = []
        for number, (key, filing) in enumerate(self.filings.items()):
            if key[0] is Role.PREDICTION:
                self._save_model(key, tuple(sorted(filter(None, filing.classes))))
            summaries.append(filing.finish(self.sha256, found if number == 0 else ()))
        active = next((key for key in self.filings if key[0] is Role.PREDICTION), None)
        if active is not None:
            projects.update_project(self.connection, self.project.project_id, model_id=self._model_id(active))
        return summaries

    def _tag(self, record: Record, image_id: str | None) -> None:
        """Note what the file says about the image itself: its tags, and the split it belongs to."""
        if image_id is None:
            return
        found = {name: value for name, value in map(_read_tag, record.facts.tags) if name and name != SPLIT_TAG}
        named = [value for name, value in map(_read_tag, record.facts.tags) if name == SPLIT_TAG]
        split = self.teller.split_of(record.image_url) if record.role is Role.LABEL else ""
        split = split or next(filter(None, map(split_named, named)), "")
        if split:
            found[SPLIT_TAG] = split
        if found:
            self.tags.setdefault(image_id, {}).update(found)

    def _filing(self, key: tuple[Role, str]) -> Filing:
        if key not in self.filings:
            self.filings[key] = Filing(
                self.connection,
                self.project.project_id,
                kind="labels" if key[0] is Role.LABEL else "predictions",
                file=self._file(key),
                path=self.path,
                format_name=f"{self.source.name}, mended" if self.is_mended else self.source.name,
            )
            if key[0] is Role.PREDICTION:
                self._save_model(key, ())
        return self.filings[key]

    def _entry(self, key: tuple[Role, str], record: Record, match: ImageMatch, images: _Images) -> Entry:
        """A line of the store: its number is the record's, or the next where several records share one."""
        line = self.last_lines[key] = max(record.line, self.last_lines.get(key, 0) + 1)
        content = images.turn(record.content, match.path)
        plain = None if content is None else to_plain(content)
        return Entry(line, match.path, record.image_url, "", plain, is_refused=record.is_refused)

    def _findings(self, records: Iterable[tuple[Record, ImageMatch]], images: _Images) -> Iterator[Finding]:
        for record, match in records:
            yield from findings_of(record, self.source)
            if record.image_url:
                yield from check_image(record, match, images.find(record.image_url), file=self.name)

    def _predict(self, key: tuple[Role, str], records: Sequence[tuple[Record, ImageMatch]], images: _Images) -> None:
        model_id = self._model_id(key)
        made = {}
        for record, match in records:
            content = images.turn(record.content, match.path)
            if match.path is not None and content is not None:
                stored = file_prediction(match.path, content, model_id)
                made[match.path] = replace(stored, latency_s=record.facts.latency_s)
        predictions.save_predictions(self.connection, self.project.project_id, model_id, list(made.values()))

    def _file(self, key: tuple[Role, str]) -> str:
        return f"{self.name} ({key[1]})" if key[1] else self.name

    def _model_id(self, key: tuple[Role, str]) -> str:
        return file_model_id(self._file(key), self.sha256)

    def _save_model(self, key: tuple[Role, str], classes: tuple[str, ...]) -> None:
        info = file_model(self._file(key), self.sha256, self.project, classes, title=key[1] or self.name)
        predictions.save_model(self.connection, self.project.project_id, info, None)


def _key(record: Record) -> tuple[Role, str]:
    return record.role, record.facts.model if record.role is Role.PREDICTION else ""


def _read_tag(text: str) -> tuple[str, str]:
    """Name and value of "name=value"; of a free word the word and "yes"."""
    name, _, value = text.partition("=")
    return name.strip(), value.strip() or "yes"
