"""Which split each image of a data set belongs to: by its lists, and by what data.yaml points at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from domain.splits import split_named, split_of_file
from formats.base import FileReport
from formats.yolo.class_list import read_facts
from formats.yolo.layout import LISTS, Layout, relative_image, shown_image


def splits_of_lists(root: Path) -> Callable[[str], str]:
    """Return what tells the split of an image; empty for one that no list or several name."""
    facts, layout = read_facts(root, FileReport("")), Layout(root)
    targets = [(relative_image(target), split_named(key)) for key, target in facts.splits]
    lists = [(name, split) for name, split in targets if name.endswith(".txt")]
    lists = lists or [(name, split_of_file(name)) for name in LISTS]
    named: dict[str, str] = {}
    for name, split in lists:
        for image in layout.read_list(name):
            key = shown_image(image)
            named[key] = split if named.get(key, split) == split else ""
    folders = [
        (f"{shown_image(f'{name}/').strip('/')}/", split) for name, split in targets if not name.endswith(".txt")
    ]

    def tell(image: str) -> str:
        if image in named:
            return named[image]
        found = {split for folder, split in folders if folder != "/" and image.startswith(folder)}
        return found.pop() if len(found) == 1 else ""

    return tell
