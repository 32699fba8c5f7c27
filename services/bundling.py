"""A project in one portable file: everything but the images, opened elsewhere as a new project.

A bundle is a ZIP of JSON: `bundle.json` (what it is, and the project), and one JSONL of rows for each table. Nothing in
it is a program or a path to write to; it is read member by member and never unpacked.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

import orjson

from domain.errors import FormatError, LimitError
from domain.progress import Report, ignore_progress
from services.import_images import relink_folder
from services.output_files import replacing
from services.projects import check_folder, list_projects
from services.workspace import Workspace
from store.dump import (
    LATER_TABLES,
    OLDEST_SCHEMA,
    SCHEMA_VERSION,
    TABLES,
    Row,
    dump_project_row,
    dump_rows,
    insert_project_rows,
)
from store.engine import Connection

SUFFIX = ".relook"

_HEAD = "bundle.json"
_FORMAT = "relook bundle"
_VERSION = 1
_SCHEMAS = range(OLDEST_SCHEMA, SCHEMA_VERSION + 1)
_LONGEST_LINE = 64 * 1024**2
_MOST_TIMES_SMALLER = 400
_ENCRYPTED = 1
_SMALL = 16 * 1024**2
_LONGEST_NAME = 80
_REMEDY = "Make the bundle again where the project is."


@dataclass(frozen=True, slots=True)
class BundleSummary:
    """What a bundle holds.

    Attributes:
        project: Name of the project.
        rows: Table -> number of rows.
    """

    project: str
    rows: Mapping[str, int]


def save_bundle(workspace: Workspace, project_id: int) -> bytes:
    """Return the bundle of a project, for download."""
    buffer = io.BytesIO()
    _write(workspace, project_id, buffer)
    return buffer.getvalue()


def write_bundle(workspace: Workspace, project_id: int, file: Path) -> BundleSummary:
    """Write the bundle of a project, whole or not at all.

    Raises:
        InputError: The place may not be written to.
    """
    with replacing(file) as stream:
        return _write(workspace, project_id, stream)


def open_bundle(
    workspace: Workspace, source: Path | bytes, *, image_folder: str = "", report: Report = ignore_progress
) -> int:
    """Make a new project of a bundle and return its number.

    The name gets a number where it is taken. Decisions keep their ids unless one of them is in this database already;
    then all get new ones (see `store.dump.insert_project_rows`).

    Args:
        workspace: The workspace.
        source: The file, or its bytes.
        image_folder: Where the images lie here, matched by relative path, then by content. Empty to keep the folder
            of the project, unread until a person imports or relinks it: a stranger's file must not choose what is read.
        report: Called with (images read, images).

    Raises:
        FormatError: The file is no bundle, is damaged, or holds what Relook never writes.
        LimitError: It is too large, or far larger than it looks.
        InputError: There is no such image folder.
    """
    if image_folder:
        check_folder(image_folder)
    name = source.name if isinstance(source, Path) else "bundle"
    try:
        with zipfile.ZipFile(source if isinstance(source, Path) else io.BytesIO(source)) as archive:
            bundle = _Bundle(archive, name, max_bytes=workspace.settings.max_file_bytes)
            with bundle.opened, workspace.write() as connection:
                row = {**bundle.project, "name": _free_name(workspace, bundle.project.get("name"))}
                project_id = insert_project_rows(connection, row, bundle.rows)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise FormatError(f"This is no bundle, or it is damaged: {error}.", where=name, remedy=_REMEDY) from error
    except OSError as error:
        raise FormatError(
            f"The file cannot be opened: {error.strerror}.", where=name, remedy="Check the path and its permissions."
        ) from error
    if image_folder:
        relink_folder(workspace, project_id, image_folder, report=report)
    return project_id


def _write(workspace: Workspace, project_id: int, stream: IO[bytes]) -> BundleSummary:
    with workspace.read() as connection, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        project = dump_project_row(connection, project_id)
        counts = {name: _write_rows(archive, connection, project_id, name, project) for name in TABLES}
        head = {
            "format": _FORMAT,
            "version": _VERSION,
            "schema": SCHEMA_VERSION,
            "written_at": datetime.now(UTC).isoformat(),
            "project": project,
            "rows": counts,
        }
        archive.writestr(_HEAD, orjson.dumps(head, option=orjson.OPT_INDENT_2))
    return BundleSummary(project["name"], counts)


def _write_rows(archive: zipfile.ZipFile, connection: Connection, project_id: int, name: str, project: Row) -> int:
    count = 0
    with archive.open(f"{name}.jsonl", "w", force_zip64=True) as member:
        for row in dump_rows(connection, project_id, name):
            portable = _leave_folder(row, project["image_folder"]) if name == "images" else row
            member.write(orjson.dumps(portable, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def _leave_folder(row: Row, folder: str) -> Row:
    """Images are where their folder is: `uri` becomes relative to it."""
    place = Path(row["uri"])
    inside = place.is_relative_to(folder)
    return {**row, "uri": place.relative_to(folder).as_posix() if inside else row["image_id"]}


class _Bundle:
    """An opened bundle.

    Attributes:
        project: The row of the project.
        opened: Closes the members that were not read to their end.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str, *, max_bytes: int) -> None:
        self._archive, self._name = archive, name
        self.opened = ExitStack()
        self._members = self._list_members(max_bytes)
        (head,) = list(self._read_lines(_HEAD, whole=True))
        if head.get("format") != _FORMAT or not isinstance(head.get("project"), dict):
            raise FormatError("This ZIP file is no bundle of Relook.", where=name, remedy=_REMEDY)
        if head.get("version") != _VERSION or head.get("schema") not in _SCHEMAS:
            raise FormatError(
                f"The bundle has version {head.get('version')}.{head.get('schema')}; "
                f"this Relook reads {_VERSION}.{OLDEST_SCHEMA} to {_VERSION}.{SCHEMA_VERSION}.",
                where=name,
                remedy="Open it with the Relook that wrote it.",
            )
        self.project: Row = head["project"]

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table, images in their folder."""
        if f"{table}.jsonl" not in self._members:
            return
        for row in self._read_lines(f"{table}.jsonl"):
            yield self._enter_folder(row) if table == "images" else row

    def _enter_folder(self, row: Row) -> Row:
        for key in ("image_id", "uri"):
            if not _is_safe(row.get(key)):
                raise FormatError(
                    f"An image has the {key} {str(row.get(key))[:80]!r}, which does not lie inside the image folder.",
                    where=self._name,
                    remedy=_REMEDY,
                )
        return {**row, "uri": str(Path(str(self.project.get("image_folder"))) / row["uri"])}

    def _list_members(self, max_bytes: int) -> dict[str, zipfile.ZipInfo]:
        infos = self._archive.infolist()
        wanted = {_HEAD, *(f"{table}.jsonl" for table in TABLES)}
        members = {info.filename: info for info in infos if info.filename in wanted}
        needed = wanted - {f"{table}.jsonl" for table in LATER_TABLES}
        if (
            not needed <= members.keys()
            or len(infos) > len(members)
            or any(info.flag_bits & _ENCRYPTED for info in infos)
        ):
            missing = ", ".join(sorted(needed - members.keys())) or "others, doubles or encrypted ones"
            raise FormatError(
                f"This ZIP file is no bundle of Relook; wrong members: {missing}.", where=self._name, remedy=_REMEDY
            )
        size, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
        if size > max_bytes or (size > _SMALL and size > _MOST_TIMES_SMALLER * packed):
            raise LimitError(
                f"Unpacked the bundle has {size:,} bytes, packed {packed:,}; at most {max_bytes:,} are read, and at "
                f"most {_MOST_TIMES_SMALLER} times the packed size.",
                where=self._name,
                remedy="Raise RELOOK_MAX_FILE_BYTES if the file is yours, or make the bundle again.",
            )
        return members

    def _read_lines(self, member: str, *, whole: bool = False) -> Iterator[Row]:
        with self.opened.enter_context(self._archive.open(self._members[member])) as stream:
            for number, line in enumerate(_lines(stream, whole=whole), start=1):
                try:
                    row = orjson.loads(line)
                except ValueError:
                    row = None
                if not isinstance(row, dict) or len(line) > _LONGEST_LINE:
                    raise FormatError(
                        f"{member} line {number} cannot be read; expected a JSON object.",
                        where=self._name,
                        remedy=_REMEDY,
                    )
                yield row


def _lines(stream: IO[bytes], *, whole: bool) -> Iterable[bytes]:
    """The lines, or all as one; a line that is too long comes cut, and is no JSON any more."""
    if whole:
        return [stream.read(_LONGEST_LINE + 1)]
    return iter(lambda: stream.readline(_LONGEST_LINE + 1), b"")


def _is_safe(path: Any) -> bool:
    """Whether `path` is relative and stays inside the folder it is put in."""
    if not isinstance(path, str) or not path or "\0" in path:
        return False
    parts = PurePosixPath(path).parts
    return bool(parts) and parts[0] != "/" and ".." not in parts


def _free_name(workspace: Workspace, name: Any) -> str:
    """`name`, with a number where a project is called so already."""
    wanted = " ".join(str(name).split())[:_LONGEST_NAME] or "Bundle"
    taken = {project.name for project in list_projects(workspace, with_archived=True)}
    number = 1
    free = wanted
    while free in taken:
        number += 1
        free = f"{wanted[: _LONGEST_NAME - 8]} ({number})"
    return free
