"""Reading a data set, one image after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from domain.prediction import Instance, Instances, Task
from formats.base import FileReport, ReadOptions, Record, Role
from formats.base.annotation_files import read_head, read_small
from formats.base.counts import count
from formats.base.objects import note_odd_box
from formats.yolo.class_list import read_facts
from formats.yolo.layout import PREDICTIONS, Labelled, Layout
from formats.yolo.rows import Row, count_values, has_score, is_outline, parse_row

_LARGEST_FILE = 64 * 1024**2
_TREE = f"{PREDICTIONS}/"


def looks_like_rows(root: Path) -> bool:
    """Whether a folder holds label files: the first one that says something has rows of numbers."""
    found = list(Layout(root).find(lambda _path: False))
    texts = [each.name for each in found if each.exists]
    for name in texts[:100]:
        head = read_head(root / name, size=4096).decode("utf-8", errors="replace").split("\n", 1)[0]
        if head.strip():
            return parse_row(head, lambda _code, _message, _remedy: None) is not None
    return bool(texts) and (root / "labels").is_dir()


class DataSetReader:
    """Turns label files into records."""

    def __init__(self, root: Path, options: ReadOptions, report: FileReport) -> None:
        self._root = root
        self._options = options
        self._report = report
        self._classes: Mapping[int, str] = {}
        self._box_only = False
        self._unnamed: set[int] = set()
        self._holds_scores = False
        self._keypoints = 0

    def read(self) -> Iterator[Record]:
        """Yield one record an image."""
        facts = read_facts(self._root, self._report)
        self._classes, self._box_only = facts.classes or self._options.classes, facts.has_keypoints
        self._report.classes = tuple(self._classes[number] for number in sorted(self._classes))
        targets = [target for _, target in facts.splits]
        images = list(Layout(self._root, targets).find(lambda path: self._options.find_image(path) is not None))
        task = self._survey(images)
        self._report.task = self._options.task or task
        early = self._report.take()
        for number, each in enumerate(images, start=1):
            yield self._read_image(number, each)
        self._report.findings[:0] = early
        self._finish(sum(each.is_guess for each in images))

    def _survey(self, images: list[Labelled]) -> Task | None:
        """The task, by the first outline; on the way, whether rows of labels end with scores."""
        task = None
        for each in images:
            for line in self._lines(each, FileReport("")) if each.exists else ():
                count = count_values(line)
                if has_score(count) and not self._box_only and not each.name.startswith(_TREE):
                    self._holds_scores = True
                if is_outline(count) and not self._box_only:
                    return Task.SEGMENTATION
                task = Task.DETECTION if count else task
        return task

    def _lines(self, each: Labelled, report: FileReport) -> list[str]:
        data = read_small(each.name, self._root / each.name, report, limit=_LARGEST_FILE)
        if data is None:
            return []
        try:
            return data.decode().splitlines()
        except UnicodeDecodeError:
            report.add("EX001", "The file is not UTF-8 text.", remedy="Save the file as UTF-8.", file=each.name)
            return []

    def _read_image(self, number: int, each: Labelled) -> Record:
        lines = self._lines(each, self._report) if each.exists else []
        is_broken = bool(self._report.findings)
        rows = [(index, row) for index, row in enumerate(map(str.strip, lines)) if row]
        found = [self._read_row(each, place, index, row) for place, (index, row) in enumerate(rows)]
        items = [item for item in found if item is not None]
        role = self._role(each, items)
        if role is Role.PREDICTION:
            self._note_scores(each, items)
        facts = self._options.find_image(each.image)
        return Record(
            number,
            "",
            each.image,
            None if is_broken and not lines else Instances(tuple(items)),
            findings=self._report.take(),
            instance_ids=tuple("" if item is None else item.instance_id for item in found),
            role=role,
            size=(facts.width, facts.height) if facts is not None else None,
        )

    def _role(self, each: Labelled, items: list[Instance]) -> Role:
        if each.name.startswith(_TREE):
            return Role.PREDICTION
        is_prediction = any(item.score is not None for item in items) if items else self._holds_scores and each.exists
        return Role.PREDICTION if is_prediction else Role.LABEL

    def _note_scores(self, each: Labelled, items: list[Instance]) -> None:
        for place, item in enumerate(items):
            if item.score is None:
                message = "The row has no score; expected one at its end, as in the other predictions."
                self._report.add("EX012", message, annotation=place, file=each.name, remedy="Predict with save_conf.")

    def _read_row(self, each: Labelled, place: int, index: int, text: str) -> Instance | None:
        def add(code: str, message: str, remedy: str = "") -> None:
            self._report.add(code, message, line=index + 1, annotation=place, remedy=remedy, file=each.name)

        row = parse_row(text, add, box_only=self._box_only)
        label = None if row is None else self._label(row, add)
        if row is None or label is None:
            return None
        self._keypoints += self._box_only
        rings = (row.ring,) if row.ring else ()
        item = Instance(f"{each.name}#{index + 1}", label, row.box, row.score, rings)
        note_odd_box(item, add)
        return item

    def _label(self, row: Row, add: Callable[..., None]) -> str | None:
        if not self._classes:
            self._unnamed.add(row.number)
            return str(row.number)
        label = self._classes.get(row.number)
        if label is None or not label.strip():
            known = f"0 to {max(self._classes)}"
            add("EX010", f"The class number {row.number} has no name; known are {known}.", "Name it in data.yaml.")
            return None
        return label

    def _finish(self, guesses: int) -> None:
        if self._unnamed:
            message = f"Nothing names the {len(self._unnamed)} classes: they are called by their numbers."
            remedy = "Put data.yaml or classes.txt into the folder, or name the classes."
            self._report.add("EX004", message, remedy=remedy)
        if guesses:
            message = f"Nothing tells the file names of {guesses} images: they are taken to end with .jpg."
            self._report.add("EX009", message, remedy="Name the folder of the images.")
        if self._keypoints:
            self._report.add(
                "EX015", f"The keypoints of {count(self._keypoints, 'object')} are left out; their boxes are kept."
            )
