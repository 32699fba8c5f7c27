"""Writing records in a format: read, fitted, written, read back and compared before anything is put in place."""

from __future__ import annotations

from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path

from domain.errors import InputError
from domain.progress import Report, ignore_progress
from formats.base import FileReport, WriteOptions
from services.conversion import Conversion
from services.conversion_files import ImageTable, RefusedLines, digest, placing
from services.conversion_report import write_report
from services.fitting_pass import FittingPass
from services.read_back import find_differences
from services.survey import Material, survey

_MOST_DIFFERENCES = 20


def write_records(material: Material, out: Path, *, now: float, report: Report = ignore_progress) -> Conversion:
    """Write records to `out`, with a report beside it: NAME.report.json and NAME.images.csv.

    Args:
        material: What is written and how it gets into the target format.
        out: The file or, for formats of many files, the folder; a folder must be empty or missing.
        now: Unix seconds, for formats that judge timestamps.
        report: Called with (records done, records in all); one is done when it was read, written and read back.

    Raises:
        InputError: Nothing in the material can be written in the target format, or `out` cannot be written to.
        Cancelled: A person asked to stop; nothing is left behind.
    """
    seen = survey(material, report)
    conversion = seen.begin(material)
    target = material.flow.target
    options = WriteOptions(
        task=conversion.task,
        classes=conversion.classes,
        model=material.model,
        image_file=material.flow.images.file if material.flow.images is not None else _no_file,
        now=now,
        suffix=out.suffix.lower(),
        numbers=seen.report.numbers,
        supercategories=seen.report.supercategories,
    )
    fitting = FittingPass(material, seen, options, report)
    with ExitStack() as stack:
        place = stack.enter_context(placing(out, is_folder=not target.suffix))
        table = stack.enter_context(closing(ImageTable(place.table)))
        refused = stack.enter_context(closing(RefusedLines(place.refused, target)))
        writing = target.write(place.path, fitting.run(conversion, table, refused), options)
        if not conversion.after.records:
            raise _nothing_left(conversion, material)
        found = target.read(place.path, fitting.reading, FileReport(out.name, target.rules, task=options.task))
        differences = find_differences(fitting.meant(), found, precision=target.precision)
        conversion.differences = list(islice(differences, _MOST_DIFFERENCES))
        conversion.sha256 = digest(place.path)
        conversion.files = place.final([*writing.files, *refused.files])
        write_report(conversion, place.report)
    return conversion


def _no_file(_path: str) -> Path | None:
    return None


def _nothing_left(conversion: Conversion, material: Material) -> InputError:
    """Why nothing could be written, with the first loss."""
    loss, examples = next(iter(conversion.losses.examples.items()))
    title = material.flow.target.title
    return InputError(
        f"{title} can hold nothing of it. Lost: {loss}, for example {examples[0].rstrip('.')}.",
        where=material.name,
        remedy="Nothing was written.",
    )
