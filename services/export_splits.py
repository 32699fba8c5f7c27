"""The lines of a corrected file once more, in one file for each split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self

from domain.splits import SPLITS
from services.line_outcomes import WRITTEN, OutLine
from services.output_files import replacing


class SplitFiles:
    """Writes NAME.train.jsonl, NAME.validation.jsonl and NAME.test.jsonl. Used with `with`.

    Attributes:
        counts: Split -> lines; "" for those of images that belong to none, which stand in none of the files.
    """

    def __init__(self, out: Path, splits: Mapping[str, str]) -> None:
        """Get ready for the splits that images (image -> split) have; without any nothing is written."""
        self._splits = splits
        self._files = {name: split_file(out, name) for name in SPLITS if name in set(splits.values())}
        self._stack = ExitStack()
        self._streams: dict[str, IO[bytes]] = {}
        self.counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        for name, file in self._files.items():
            self._streams[name] = self._stack.enter_context(replacing(file))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    @property
    def files(self) -> dict[str, Path]:
        """Split -> its file."""
        return dict(self._files)

    def add(self, lines: Sequence[OutLine]) -> None:
        """Put the lines that are written where their images belong."""
        if not self._files:
            return
        for line in lines:
            if line.kind in WRITTEN:
                split = self._splits.get(line.image_id or "", "")
                self.counts[split] += 1
                if split:
                    self._streams[split].write(f"{line.text}\n".encode())


def split_file(out: Path, split: str) -> Path:
    """Where the lines of a split go."""
    return out.with_name(f"{out.stem}.{split}{out.suffix}")
