"""The catalogue of what can be wrong with a file, and the report a reader fills."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.finding import Finding, Severity
from domain.prediction import Task
from formats.base.characters import NOT_IN_JSON, clean


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of a catalogue.

    Attributes:
        code: Name in reports, e.g. "JL006".
        severity: ERROR where the platform would refuse the file or the line, or silently drop the object.
        title: The condition in a few words, for documentation and summaries.
    """

    code: str
    severity: Severity
    title: str


EXCHANGE_RULES: tuple[Rule, ...] = (
    Rule("EX001", Severity.ERROR, "The file cannot be parsed"),
    Rule("EX002", Severity.ERROR, "The image is not named"),
    Rule("EX003", Severity.ERROR, "A part is missing or of the wrong kind"),
    Rule("EX004", Severity.ERROR, "A class is missing or unknown"),
    Rule("EX005", Severity.ERROR, "A coordinate is missing or not a finite number"),
    Rule("EX006", Severity.ERROR, "A box is empty or upside down"),
    Rule("EX007", Severity.ERROR, "A polygon or mask cannot be used"),
    Rule("EX008", Severity.ERROR, "The size of the image is not known"),
    Rule("EX009", Severity.WARNING, "Kept, but worth a look"),
    Rule("EX010", Severity.ERROR, "A number refers to nothing, or stands twice"),
    Rule("EX011", Severity.WARNING, "The image file is missing, ambiguous or unreadable"),
    Rule("EX012", Severity.ERROR, "A score is missing, not a number or outside 0 to 1"),
    Rule("EX013", Severity.WARNING, "A coordinate lies outside the image"),
    Rule("EX014", Severity.WARNING, "The image stands twice"),
    Rule("EX015", Severity.WARNING, "A shape that Relook does not know is left out"),
)
"""What readers of exchange formats find; formats with rules of their own add codes of their own."""


class FileReport:
    """What is found while one file is read.

    Attributes:
        file: Its name, for the findings.
        findings: Collect until `take` puts them on a record; what is left at the end concerns the file as a whole.
        task: What the file is for, as soon as the reader can tell; None when nothing tells.
        classes: Every class the file lists, in its order, unused ones included; empty when it lists none.
        numbers: Class name -> its number, where the file numbers classes and the number means something outside of it.
        supercategories: Class name -> what it is a kind of, where the file says so.
    """

    def __init__(self, file: str, rules: Iterable[Rule] = EXCHANGE_RULES, *, task: Task | None = None) -> None:
        self.file = file
        self.task = task
        self.classes: tuple[str, ...] = ()
        self.numbers: dict[str, int] = {}
        self.supercategories: dict[str, str] = {}
        self._severities = {rule.code: rule.severity for rule in rules}
        self.findings: list[Finding] = []

    def add(
        self,
        code: str,
        message: str,
        *,
        line: int | None = None,
        column: int | None = None,
        annotation: int | None = None,
        remedy: str = "",
        file: str = "",
    ) -> None:
        """Note a finding.

        Args:
            code: Of one of the rules.
            message: What was found and what was expected, a full sentence.
            line: 1-based.
            column: 1-based.
            annotation: 0-based index of the object.
            remedy: What to do, a full sentence.
            file: The file inside a folder or archive; the report's own unless given.
        """
        where = file or self.file
        told = clean(message, NOT_IN_JSON)
        self.findings.append(Finding(code, self._severities[code], told, where, line, column, annotation, remedy))

    def take(self) -> tuple[Finding, ...]:
        """Return the findings made since the last call, and forget them."""
        found = tuple(self.findings)
        self.findings.clear()
        return found
