"""Writing annotations.xml image by image, in the order of elements and attributes that CVAT writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

from domain.prediction import Instance, Instances, Labels
from formats.base import Record
from formats.base.characters import NOT_IN_XML, clean
from formats.base.pixels import as_text, points_in_pixels, to_pixels
from formats.base.xml_document import escape

_CROWD = (
    "<attribute><name>isCrowd</name><mutable>False</mutable><input_type>select</input_type>"
    "<default_value>0</default_value><values>0\n1</values></attribute>"
)


class DocumentWriter:
    """Writes one document; groups are numbered through it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._images = 0
        self._groups = 0

    def begin(self, classes: Iterable[str], *, has_objects: bool) -> None:
        """Write the head with the labels to set up in CVAT."""
        lines = ['<?xml version="1.0" encoding="utf-8"?>', "<annotations>", "  <version>1.1</version>"]
        lines += ["  <meta>", "    <task>", "      <name>Relook</name>", "      <mode>annotation</mode>"]
        attributes = _CROWD if has_objects else ""
        lines += ["      <labels>"]
        for name in classes:
            text = escape(clean(name, NOT_IN_XML))
            lines += [f"        <label><name>{text}</name><attributes>{attributes}</attributes></label>"]
        lines += ["      </labels>", "    </task>", "  </meta>"]
        self._write(lines)

    def add(self, record: Record) -> None:
        """Write one image."""
        width, height = record.size or (0, 0)
        name = escape(record.image_url)
        lines = [f'  <image id="{self._images}" name="{name}" width="{width}" height="{height}">']
        self._images += 1
        if isinstance(record.content, Labels):
            lines += [f'    <tag label="{escape(name)}" source="manual"></tag>' for name in record.content.scores]
        elif isinstance(record.content, Instances):
            lines += [line for item in record.content.items for line in self._render(item, (width, height))]
        self._write([*lines, "  </image>"])

    def end(self) -> None:
        """Write the foot."""
        self._write(["</annotations>"])

    def _write(self, lines: Iterable[str]) -> None:
        self._stream.writelines(f"{line}\n" for line in lines)

    def _render(self, item: Instance, size: tuple[int, int]) -> Iterator[str]:
        crowd = "" if item.is_crowd is None else f'<attribute name="isCrowd">{int(item.is_crowd)}</attribute>'
        head = f'label="{escape(item.label)}" source="manual" occluded="0"'
        if not item.polygons:
            yield f'    <box {head} {_sides(item, size)} z_order="0">{crowd}</box>'
            return
        group = ""
        if len(item.polygons) > 1:
            self._groups += 1
            group = f' group_id="{self._groups}"'
        for ring in item.polygons:
            points = ";".join(f"{as_text(x)},{as_text(y)}" for x, y in points_in_pixels(ring, size))
            yield f'    <polygon {head} points="{points}" z_order="0"{group}>{crowd}</polygon>'


def _sides(item: Instance, size: tuple[int, int]) -> str:
    names = ("xtl", "ytl", "xbr", "ybr")
    pixels = (to_pixels(value, size[index % 2]) for index, value in enumerate(item.box.as_tuple()))
    return " ".join(f'{name}="{as_text(value)}"' for name, value in zip(names, pixels, strict=True))
