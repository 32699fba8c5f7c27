"""Reading XML safely, element by element, with the line of each; and the letters that writing has to escape."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from formats.base.counts import list_counts
from formats.base.rules import FileReport

_CHUNK = 64 * 1024
_DEEPEST = 64
_BELOW_THE_ROOT = 2
_MOST_NAMES = 20
_LARGEST_ELEMENT = 64 * 1024**2
_COST_OF_A_NODE = 200
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_TABLE = str.maketrans(_ESCAPES)


@dataclass(slots=True)
class Element:
    """One element with all that it holds.

    Attributes:
        tag: Its name.
        attributes: In file order.
        line: Where it starts, 1-based.
        column: As `line`.
        text: Its own text, pieces between children joined.
        children: In file order.
    """

    tag: str
    attributes: dict[str, str]
    line: int
    column: int
    text: str = ""
    children: list[Element] = field(default_factory=list["Element"])

    def find(self, tag: str) -> Element | None:
        """The first child of that name."""
        return next((child for child in self.children if child.tag == tag), None)

    def find_all(self, tag: str) -> list[Element]:
        """All children of that name."""
        return [child for child in self.children if child.tag == tag]

    def text_of(self, tag: str) -> str:
        """The text of the first child of that name, without spaces around it; empty when there is none."""
        child = self.find(tag)
        return "" if child is None else child.text.strip()


class _TooMuch(SAXException):
    """A limit is passed."""


class _Collector(ContentHandler):
    """Builds the wanted elements; what stands outside of them is not kept."""

    def __init__(self, wanted: frozenset[str], parser: DefusedExpatParser) -> None:
        super().__init__()
        self.done: deque[Element] = deque()
        self.root = ""
        self._wanted = wanted
        self._parser = parser
        self._open: list[Element] = []
        self._pieces: list[list[str]] = []
        self._depth = 0
        self._size = 0
        self.unknown: Counter[str] = Counter()

    def startElement(self, name: str, attrs: object) -> None:  # noqa: N802
        self.root = self.root or name
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _TooMuch(f"elements stand more than {_DEEPEST} deep in each other")
        if not self._open and name not in self._wanted:
            self.unknown.update([name[:40]] if self._depth == _BELOW_THE_ROOT else [])
            return
        attributes = dict(attrs.items())  # pyright: ignore[reportAttributeAccessIssue]
        element = Element(
            name, attributes, self._parser.getLineNumber() or 0, (self._parser.getColumnNumber() or 0) + 1
        )
        self._grow(_COST_OF_A_NODE + sum(map(len, attributes.values())))
        if self._open:
            self._open[-1].children.append(element)
        self._open.append(element)
        self._pieces.append([])

    def characters(self, content: str) -> None:
        if self._open:
            self._grow(len(content))
            self._pieces[-1].append(content)

    def endElement(self, name: str) -> None:  # noqa: N802
        self._depth -= 1
        if not self._open:
            return
        element = self._open.pop()
        element.text = "".join(self._pieces.pop())
        if not self._open:
            self.done.append(element)
            self._size = 0

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > _LARGEST_ELEMENT:
            raise _TooMuch(f"one element holds more than {_LARGEST_ELEMENT / 1024**2:,.0f} MB")


def read_elements(
    stream: BinaryIO,
    wanted: frozenset[str],
    report: FileReport,
    *,
    root: str,
    known: frozenset[str] | None = None,
    file: str = "",
) -> Iterator[Element]:
    """Yield the elements of the wanted names, one by one, without keeping the document.

    What cannot be read ends the reading with a finding: EX001 for what is no XML or not safe (document types and
    entities, which Relook never expands), EX003 for another kind of document.

    Args:
        stream: The document.
        wanted: Names; an element inside of a wanted one belongs to that.
        report: Where findings go.
        root: Name the outermost element must have.
        known: Names of other elements directly below the root, which are not read: any further one is told (EX015).
            None tells none.
        file: The file inside a folder or archive, for the findings.
    """
    parser = DefusedExpatParser(forbid_dtd=True)
    collector = _Collector(wanted, parser)
    parser.setContentHandler(collector)
    try:
        while chunk := stream.read(_CHUNK):
            parser.feed(chunk)
            if collector.root and collector.root != root:
                _note_root(collector.root, root, report, file)
                return
            while collector.done:
                yield collector.done.popleft()
        parser.close()
        if not collector.root:
            report.add("EX001", "The file is empty (0 bytes).", remedy="Export it again.", file=file)
        yield from collector.done
        if known is not None:
            _note_unknown(collector.unknown, known, report, file)
    except SAXParseException as error:
        line, column = error.getLineNumber(), error.getColumnNumber()
        message = f"This is not XML: {error.getMessage()}."
        column = None if column is None else column + 1
        report.add("EX001", message, line=line, column=column, remedy="Mend the file there.", file=file)
    except DefusedXmlException:
        message = "It has a document type or entities, which can hide other files or endless text; they are not read."
        report.add("EX001", message, remedy="Remove the part from <!DOCTYPE to its >.", file=file)
    except _TooMuch as error:
        report.add("EX001", f"It is too large: {error.getMessage()}.", remedy="Split the file.", file=file)
    except (ValueError, LookupError) as error:
        report.add("EX001", f"This is not XML that can be read: {error}.", remedy="Save it as UTF-8.", file=file)


def _note_unknown(found: Counter[str], known: frozenset[str], report: FileReport, file: str) -> None:
    unknown = {f"<{name}>": count for name, count in found.items() if name not in known}
    if unknown:
        message = f"Relook does not know, and leaves out: {list_counts(dict(sorted(unknown.items())[:_MOST_NAMES]))}."
        report.add("EX015", message, remedy="Check how the elements are spelt.", file=file)


def _note_root(found: str, root: str, report: FileReport, file: str) -> None:
    report.add(
        "EX003", f"The document is <{found[:60]}>; expected <{root}>.", remedy="Choose the right file.", file=file
    )


def root_of(head: bytes) -> str:
    """The name of the outermost element, from the start of a document; empty when this is no XML."""
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    text = head.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
    while text.startswith(("<?", "<!")):
        end = "-->" if text.startswith("<!--") else ">"
        _, found, text = text.partition(end)
        text = text.lstrip()
        if not found:
            return ""
    if not text.startswith("<"):
        return ""
    name = text[1:200].split(">", 1)[0].split()
    return name[0].rstrip("/") if name else ""


def escape(text: str) -> str:
    """Text for an attribute or an element; spaces of all kinds survive in both."""
    return text.translate(_TABLE)
