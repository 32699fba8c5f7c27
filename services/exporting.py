"""Taking corrected labels away: the file, a report of what went in and came out, and proof that it reads back equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.errors import InputError
from domain.project import ImageState, Project
from formats.azure.mltable import render_mltable
from services.export_lines import OutLine, SourceFile, read_source, uses_numbers, write_new, write_sources
from services.export_report import Outcome, Parity, compare, count_differences
from services.output_files import replacing
from services.projects import fetch_project
from services.workspace import Workspace
from store.sources import iterate_lines, list_sources
from store.states import list_states


@dataclass(frozen=True, slots=True)
class Export:
    """A corrected file, ready to be written.

    Attributes:
        name: Suggested file name.
        text: The JSONL, a line end after every line.
        refused: Lines the platform would refuse, as they stand; empty when there are none.
        parity: What went in and what came out.
        left_out: Image -> why it is not in the file.
        refusals: Image or line -> why it was refused.
        counts: Kind of line -> how many.
        differences: Lines that read back other than they were meant; 0 unless something is wrong.
    """

    name: str
    text: str
    refused: str
    parity: tuple[Parity, ...]
    left_out: dict[str, str]
    refusals: dict[str, str]
    counts: dict[str, int]
    differences: int

    @property
    def refused_name(self) -> str:
        return f"{Path(self.name).stem}.refused.jsonl"

    @property
    def mltable(self) -> str:
        """The MLTable file that lets a training job read the file."""
        return render_mltable(self.name)


def needs_url_prefix(workspace: Workspace, project_id: int) -> int:
    """How many images get a line that no label file names: they need the address of their folder."""
    project = fetch_project(workspace, project_id)
    states, files = _load(workspace, project)
    return _count_new(_new_lines(states, files, project, "azureml://"))


def export_project(workspace: Workspace, project_id: int, *, url_prefix: str = "") -> Export:
    """Make the corrected file of a project.

    Args:
        workspace: The workspace.
        project_id: The project.
        url_prefix: Precedes the relative path of images that no label file names, e.g.
            "azureml://subscriptions/.../datastores/NAME/paths/"; the project's own unless given.

    Raises:
        InputError: There are such images and no prefix.
    """
    project = fetch_project(workspace, project_id)
    states, files = _load(workspace, project)
    decisions = {state.image.image_id: state.decision for state in states if state.decision is not None}
    prefix = (url_prefix or project.url_prefix).strip()
    new = list(_new_lines(states, files, project, prefix or "azureml://"))
    nameless = 0 if prefix else _count_new(new)
    if nameless:
        found = "1 reviewed image has" if nameless == 1 else f"{nameless} reviewed images have"
        raise InputError(
            f"{found} no address, since no label file names them.",
            remedy="Give the address of their folder in the datastore, for example "
            "azureml://subscriptions/SUB/resourcegroups/GROUP/workspaces/WS/datastores/STORE/paths/photos/.",
        )
    lines = [*write_sources(files, decisions, task=project.task), *new]
    return _assemble(project, states, files, lines)


def save_export(export: Export, out: Path) -> list[Path]:
    """Write the file, and NAME.refused.jsonl beside it when there is something in it; return what was written.

    Raises:
        InputError: The folder is missing or may not be written to.
    """
    written = [out]
    _write(out, export.text)
    refused = out.with_name(f"{out.stem}.refused.jsonl")
    if export.refused:
        _write(refused, export.refused)
        written.append(refused)
    return written


def _load(workspace: Workspace, project: Project) -> tuple[list[ImageState], list[SourceFile]]:
    with workspace.read() as connection:
        states = list_states(connection, project, with_missing=True)
        files: list[SourceFile] = []
        for source in list_sources(connection, project.project_id, kind="labels"):
            stored = list(iterate_lines(connection, source.source_id))
            files.append(read_source(source.file, stored, task=project.task))
    return states, files


def _new_lines(
    states: Sequence[ImageState], files: Sequence[SourceFile], project: Project, prefix: str
) -> Iterable[OutLine]:
    labelled = {name for file in files for name in file.image_ids if name is not None}
    return write_new(states, labelled=labelled, prefix=prefix, task=project.task, has_numbers=uses_numbers(files))


def _count_new(lines: Iterable[OutLine]) -> int:
    return sum(line.kind == "new" for line in lines)


def _assemble(
    project: Project, states: Sequence[ImageState], files: Sequence[SourceFile], lines: Sequence[OutLine]
) -> Export:
    outcome = Outcome(lines)
    text = "".join(f"{line.text}\n" for line in outcome.written)
    differences = count_differences(project.task, outcome.written, text)
    refused = outcome.of_kind("refused")
    return Export(
        name=f"{_slug(project.name)}.jsonl",
        text=text,
        refused="".join(f"{line.text}\n" for line in refused if line.text),
        parity=compare(project, states, files, outcome, differences),
        left_out={_name(line): line.reason for line in outcome.of_kind("left out")},
        refusals={_name(line): line.reason for line in refused},
        counts=dict(Counter(line.kind for line in lines)),
        differences=differences,
    )


def _name(line: OutLine) -> str:
    return line.image_id or line.text[:80]


def _slug(name: str) -> str:
    words = "".join(character if character.isalnum() else " " for character in name.lower()).split()
    return "-".join(words) or "labels"


def _write(file: Path, text: str) -> None:
    with replacing(file) as stream:
        stream.write(text.encode())
