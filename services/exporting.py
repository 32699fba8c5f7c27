"""Taking corrected labels away: the file, a report of what went in and came out, and proof that it reads back equal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from domain.decision import Verdict
from domain.errors import InputError
from domain.progress import Report, ignore_progress
from domain.project import Project
from formats.azure.mltable import render_mltable
from services.collecting import fewer_collections
from services.export_converted import write_converted
from services.export_files import ExportFiles, images_file, refused_file, report_file
from services.export_lines import AZURE_JSONL, write_new, write_source
from services.export_report import Parity, Tallies, rows_of
from services.export_splits import SplitFiles
from services.line_outcomes import LEAVING_OUT, OutLine, Plan
from services.log_file import LogFile, log_file
from services.output_files import check_output, replacing
from services.projects import fetch_project
from services.splits import split_of_images
from services.workspace import Workspace
from store.class_edits import last_edit, present_names, read_names
from store.engine import Connection
from store.export_rows import (
    count_labelled,
    count_repeated,
    count_unlabelled,
    count_unnamed,
    decided_images,
    fingerprint,
    newest_files,
)
from store.image_tags import has_tags
from store.sources import Source, list_sources
from store.tallies import fetch_tally


@dataclass(frozen=True, slots=True)
class Export:
    """A corrected file that was written.

    Attributes:
        name: Suggested file name.
        path: The JSONL, a line end after every line.
        refused: Lines the platform would refuse, as they stand; None when there are none.
        images: The table of the images, CSV.
        report: What is told here, JSON.
        log: Every decision, to replay them to the same labels (`services.log_file`).
        seal: Of the log.
        sha256: Of the JSONL.
        size: Bytes of the JSONL.
        first_line: Of the JSONL; empty when it has none.
        parity: What went in and what came out.
        left_out: Image -> why it is not in the file; the first ones.
        refusals: Image or line -> why it was refused; the first ones.
        counts: Kind of line -> how many.
        differences: Lines that read back other than they were meant; 0 unless something is wrong.
        splits: Split -> the file with its lines only; empty where they were not asked for, or there are none.
        split_counts: Split -> lines; "" for those of images in no split, which stand in none of these files.
    """

    name: str
    path: Path
    refused: Path | None
    images: Path
    report: Path
    log: Path
    seal: str
    sha256: str
    size: int
    first_line: str
    parity: tuple[Parity, ...]
    left_out: Mapping[str, str]
    refusals: Mapping[str, str]
    counts: Mapping[str, int]
    differences: int
    splits: Mapping[str, Path] = field(default_factory=dict[str, Path])
    split_counts: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def files(self) -> list[Path]:
        """All that was written, the JSONL first."""
        refused = [self.refused] if self.refused else []
        return [self.path, *self.splits.values(), *refused, self.images, self.log, self.report]

    @property
    def mltable(self) -> str:
        """The MLTable file that lets a training job read the file."""
        return render_mltable(self.name)


def needs_url_prefix(workspace: Workspace, project_id: int) -> int:
    """How many images are to get a line that no label file of Azure's names: they need the address of their folder."""
    with workspace.read() as connection:
        sources = list_sources(connection, project_id, kind="labels")
        named = [source.source_id for source in sources]
        return _count_converted(sources) + count_unnamed(
            connection, project_id, named, besides={*LEAVING_OUT, Verdict.SKIP}
        )


def export_version(workspace: Workspace, project_id: int) -> tuple[object, ...]:
    """Changes whenever the file of a project would come out otherwise."""
    project = fetch_project(workspace, project_id)
    with workspace.read() as connection:
        edited = last_edit(connection, project_id)
        splits = fetch_tally(connection, project_id).changes if has_tags(connection, project_id) else 0
        return (project.name, project.url_prefix, edited, splits, *fingerprint(connection, project_id))


def export_name(project: Project) -> str:
    """The file name to suggest."""
    return f"{file_stem(project)}.jsonl"


def file_stem(project: Project) -> str:
    """The project's name as a file name."""
    words = "".join(character if character.isalnum() else " " for character in project.name.lower()).split()
    return "-".join(words) or "labels"


def export_project(
    workspace: Workspace,
    project_id: int,
    out: Path,
    *,
    url_prefix: str = "",
    by_split: bool = False,
    report: Report = ignore_progress,
) -> Export:
    """Write the corrected file of a project, and what belongs to it beside it.

    Beside NAME.jsonl stand NAME.log.jsonl, NAME.report.json, NAME.images.csv and, when there are any,
    NAME.refused.jsonl.

    Args:
        workspace: The workspace.
        project_id: The project.
        out: The JSONL.
        url_prefix: Precedes the relative path of images that no label file names, e.g.
            "azureml://subscriptions/.../datastores/NAME/paths/"; the project's own unless given.
        by_split: Also write NAME.train.jsonl, NAME.validation.jsonl and NAME.test.jsonl, as far as images have splits.
        report: Called with (lines written, lines in the project's files).

    Raises:
        InputError: There are such images and no prefix, or `out` may not be written to.
        Cancelled: A person asked to stop; nothing is left behind.
    """
    check_output(out)
    project = fetch_project(workspace, project_id)
    prefix = (url_prefix or project.url_prefix).strip()
    with workspace.read() as connection:
        plan = _plan(connection, project)
        if not prefix:
            _check_addresses(_count_new(connection, plan))
        prefix = prefix or "azureml://"
        with fewer_collections(), replacing(log_file(out)) as stream:
            log = LogFile(stream, connection, project, plan, prefix=prefix)
            splits = split_of_images(connection, project_id) if by_split else {}
            with ExportFiles(out, project.task, lines=plan.line_count) as files, SplitFiles(out, splits) as parts:
                _write(connection, plan, files, log, parts=parts, report=report)
            log.close(labels_sha256=files.sha256)
        tallies, ids = files.tallies, [source.source_id for source in plan.sources]
        labelled = tallies.spoken if len(ids) <= 1 else count_labelled(connection, project_id, ids)
        unlabelled = count_unlabelled(connection, project_id, ids, labelled=labelled)
    made = Export(
        name=export_name(project),
        path=out,
        refused=refused_file(out) if files.has_refused else None,
        images=images_file(out),
        report=report_file(out),
        log=log_file(out),
        seal=log.seal,
        sha256=files.sha256,
        size=files.size,
        first_line=files.first_line,
        parity=rows_of(tallies, task=project.task, labelled=labelled, unlabelled=unlabelled),
        left_out=tallies.left_out,
        refusals=tallies.refusals,
        counts=dict(tallies.kinds),
        differences=tallies.differences,
        splits=parts.files,
        split_counts=parts.counts,
    )
    _save_report(made, project, tallies)
    return made


def _plan(connection: Connection, project: Project) -> Plan:
    sources = list_sources(connection, project.project_id, kind="labels")
    decided = decided_images(connection, project.project_id)
    newest = newest_files(connection, [source.source_id for source in sources])
    names, present = read_names(connection, project.project_id), present_names(connection, project.project_id)
    return Plan(project.project_id, project.task, sources, decided, newest, names, present)


def _write(
    connection: Connection, plan: Plan, files: ExportFiles, log: LogFile, *, parts: SplitFiles, report: Report
) -> None:
    total, done = sum(source.line_count for source in plan.sources), 0
    for source in plan.sources:
        files.repeated = count_repeated(connection, source.source_id)
        is_azure = source.format == AZURE_JSONL
        blocks = (
            write_source(connection, source, plan)
            if is_azure
            else write_converted(connection, source, plan, prefix=log.prefix)
        )
        for lines in blocks:
            files.add(lines)
            parts.add(lines)
            log.add(source, lines)
            done += sum(max(1, len(line.given)) for line in lines)
            report(min(done, total), total)
    files.repeated = {}
    added = list(write_new(connection, plan, prefix=log.prefix))
    files.add(added)
    parts.add(added)
    log.add(None, added)
    report(total, total)


def _new_lines(connection: Connection, plan: Plan) -> Iterator[OutLine]:
    return (line for line in write_new(connection, plan, prefix="azureml://") if line.kind == "new")


def _count_new(connection: Connection, plan: Plan) -> int:
    return _count_converted(plan.sources) + (sum(1 for _ in _new_lines(connection, plan)) if plan.decided else 0)


def _count_converted(sources: Sequence[Source]) -> int:
    """The lines that were rendered from other formats, where no address stood."""
    return sum(source.line_count for source in sources if source.format != AZURE_JSONL)


def _check_addresses(nameless: int) -> None:
    if not nameless:
        return
    found = "1 image has" if nameless == 1 else f"{nameless:,} images have"
    raise InputError(
        f"{found} no address, since no line of Azure's names them.",
        remedy="Give the address of their folder in the datastore, for example "
        "azureml://subscriptions/SUB/resourcegroups/GROUP/workspaces/WS/datastores/STORE/paths/photos/.",
    )


def _save_report(made: Export, project: Project, tallies: Tallies) -> None:
    names = sorted({*tallies.given, *tallies.meant})
    facts = {
        "project": project.name,
        "task": project.task,
        "file": made.path.name,
        "sha256": made.sha256,
        "bytes": made.size,
        "log": {"file": made.log.name, "seal": made.seal},
        "read_back_and_compared": True,
        "differences": made.differences,
        "lines": dict(made.counts),
        "lines_by_split": {name or "none": count for name, count in made.split_counts.items()},
        "changed_by_decision": dict(tallies.decisions),
        "classes": {name: {"in": tallies.given[name], "out": tallies.meant[name]} for name in names},
        "rows": [asdict(row) for row in made.parity],
        "refused": dict(made.refusals),
        "left_out": dict(made.left_out),
    }
    with replacing(made.report) as stream:
        stream.write(json.dumps(facts, indent=1, ensure_ascii=False).encode(errors="replace"))
