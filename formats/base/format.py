"""What a format is. Facts about it stand on its class; menus, the command line and the docs read them there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from domain.prediction import Task
from domain.registry import Registry
from formats.base.fitting import Loss, Losses
from formats.base.record import Record, Role
from formats.base.rules import EXCHANGE_RULES, FileReport, Rule

ALL_TASKS = frozenset(Task)
OBJECT_TASKS = frozenset(task for task in Task if task.has_objects)


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known about an image file.

    Attributes:
        path: POSIX path relative to the image folder.
        width: Stored pixels.
        height: Stored pixels.
        orientation: EXIF orientation, 1 to 8.
    """

    path: str
    width: int
    height: int
    orientation: int = 1


def _name_no_split(_image: str) -> str:
    return ""


def _find_nothing(_address: str) -> ImageFacts | None:
    return None


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person knows that the file may not say.

    Attributes:
        task: What the content is for; None to tell it from the file.
        classes: Class names by number, for files that hold numbers only.
        find_image: Facts about the image an address means, its size on the grid that the format's tools show; None
            where no folder was given or no image fits.
        mends: Read lines in a notation that the format does not know as what they obviously are, each with a finding.
    """

    task: Task | None = None
    classes: Mapping[int, str] = field(default_factory=dict[int, str])
    find_image: Callable[[str], ImageFacts | None] = _find_nothing
    now: float | None = None
    mends: bool = False


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """What a writer needs to know beside the records.

    Attributes:
        task: What the content is for.
        classes: All class names in the order that gives them their numbers.
        model: Name and version of the model, for monitoring formats; empty for labels.
        image_file: Path of an image file by the relative path that names it, for formats that hold pictures; None
            where there is none.
        now: Unix seconds, for formats that judge timestamps; 0 for the clock of this machine.
        suffix: Of the file to write, lower case, for formats of several kinds of files; empty for the usual one.
        numbers: Numbers that classes already have, by name, for formats whose numbers mean something elsewhere (COCO).
        supercategories: What classes are kinds of, by name.
    """

    task: Task
    classes: tuple[str, ...] = ()
    model: str = ""
    image_file: Callable[[str], Path | None] = lambda _path: None
    now: float = 0.0
    suffix: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict[str, int])
    supercategories: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class FileStart:
    """What is looked at to tell a format.

    Attributes:
        path: The file or folder.
        head: The start of a file, 1 MiB and a whole line at least; empty for a folder.
        names: Relative POSIX paths of the first 1,000 files of a folder or ZIP archive, sorted; empty for others.
    """

    path: Path
    head: bytes
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Writing:
    """What came of writing.

    Attributes:
        files: Every file written, the main one first; inside the target when that is a folder.
        records: Records written.
        objects: Objects or classes on them.
    """

    files: tuple[Path, ...]
    records: int
    objects: int


class Format(ABC):
    """One outside format: reads files into records and writes records into files.

    Coordinates of records are fractions of the grid that the format's own tools show: the stored grid, or the upright
    picture where `is_upright`. Turning between the two is not the format's work.

    A record goes through `fit` before it is written. `fit` makes everything that the format cannot hold explicit and
    notes it as a loss; writing and reading back then gives exactly what `fit` returned.

    Attributes:
        name: What people type, e.g. "coco-results".
        title: What people see, e.g. "COCO results".
        summary: What it is made of, in a few words below the title: "JSON, boxes and polygons or RLE".
        roles: What it can hold.
        pairs: Labels and predictions of an image belong together in one file of it.
        unit: What the line of a record and of its findings counts, where that is no line of text: "image", "row".
        tasks: What its content can be for.
        suffix: Of the file it is usually kept in; empty for a folder.
        is_upright: Its tools turn pictures by their EXIF tag before they show or label them.
        needs_size_for: Tasks whose content it holds in pixels: nothing can be written without the size of the image.
        needs_classes: It holds class numbers and no names: reading needs `ReadOptions.classes`.
        wants_addresses: It names images by addresses (azureml://...) rather than by paths.
        can_write: False for what only others write.
        losses: What writing it may lose -> how, a full sentence; the docs print it.
        rules: What its reader may find.
        precision: Largest difference of a coordinate between `fit` and reading back: float text only, in fractions.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str] = ""
    roles: ClassVar[frozenset[Role]]
    pairs: ClassVar[bool] = False
    unit: ClassVar[str] = "line"
    tasks: ClassVar[frozenset[Task]] = ALL_TASKS
    suffix: ClassVar[str] = ".json"
    is_upright: ClassVar[bool] = False
    needs_size_for: ClassVar[frozenset[Task]] = frozenset()
    needs_classes: ClassVar[bool] = False
    wants_addresses: ClassVar[bool] = False
    can_write: ClassVar[bool] = True
    losses: ClassVar[Mapping[Loss, str]] = {}
    rules: ClassVar[tuple[Rule, ...]] = EXCHANGE_RULES
    precision: ClassVar[float] = 1e-9

    @abstractmethod
    def recognises(self, start: FileStart) -> bool:
        """Whether a file or folder looks like this format; never raises."""

    @abstractmethod
    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        """Yield what the file says, image by image, without holding more of it than the format forces to.

        Bad content never raises: it becomes findings on the record it concerns, or on the file (left in `report`).
        What a reader has to change (a mask becomes an outline) is a finding too.

        Args:
            path: The file or folder.
            options: What a person knows that the file may not say.
            report: Filled while reading: task, classes, findings about the whole.

        Raises:
            FormatError: The file cannot be opened.
        """

    def read_splits(self, path: Path) -> Callable[[str], str]:
        """Return what tells the split of an image by its `Record.image_url`, where the files name one.

        Folders and names of files that speak of a split are understood for every format, without this.

        Args:
            path: The file or folder.

        Raises:
            FormatError: The file cannot be opened.
        """
        return _name_no_split

    @abstractmethod
    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        """Return the record as this format can hold it, noting every loss; None when nothing of it can be held.

        `fit` of a fitted record changes nothing and notes nothing.
        """

    @abstractmethod
    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        """Write fitted records; records of one image stand side by side.

        Args:
            path: The file, or the folder (which exists and is empty), to write.
            records: Fitted, at least one role of `roles`.
            options: As given to `fit`.

        Raises:
            InputError: The place cannot be written to.
        """


FORMATS: Registry[Format] = Registry("format")
"""Every format by its name."""
