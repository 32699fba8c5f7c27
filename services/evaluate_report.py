"""An evaluation as one HTML file that needs nothing else: no script, no request, all text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from domain.trust import Estimate
from services.evaluation_result import FLIPS, Headline, Matrix, ProjectEvaluation

_STYLE = """
:root { color-scheme: light dark; }
body { font: 14px/20px system-ui, sans-serif; margin: 24px auto; max-width: 1100px; padding: 0 24px; }
table { font-variant-numeric: tabular-nums; }
h1 { font-size: 20px; } h2 { font-size: 15px; margin: 28px 0 8px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 5px 10px; border-bottom: 1px solid rgb(128 140 155 / 30%); text-align: right; white-space: nowrap; }
th { font-weight: 600; } :is(th, td):first-child { text-align: left; }
.right { background: rgb(36 86 199 / 22%); } .wrong { background: rgb(184 110 0 / 22%); }
p.note { color: GrayText; margin: 2px 0; }
"""
_MOST_COLUMNS = 40


def render_report(evaluation: ProjectEvaluation) -> str:
    """Return the report."""
    later, earlier = evaluation.about.sides
    name = escape(evaluation.about.project.name)
    facts = f"{evaluation.facts}, threshold {evaluation.about.project.threshold:g}."
    parts = [
        f"<h1>Evaluation of {name}</h1>",
        f"<p>{escape(_title(facts))}</p>",
        _section(
            "Figures",
            ("", _title(later), "95 % interval", _title(earlier), "Change", "95 % interval"),
            _headlines(evaluation),
        ),
    ]
    if evaluation.matrix is not None and len(evaluation.matrix.columns) <= _MOST_COLUMNS:
        parts.append(_matrix(evaluation.matrix))
    rows = [(line.name, *map(_cell, line.values), _cell(line.before), _cell(line.after)) for line in evaluation.classes]
    rows += [(name, *map(_cell, values), "", "") for name, values in evaluation.averages]
    heads = ("Class", *evaluation.class_heads, f"{evaluation.figure} {earlier}", f"{evaluation.figure} {later}")
    parts.append(_section("Classes", heads, rows))
    if evaluation.further:
        parts.append(
            _section("Further figures", ("", ""), [(name, _cell(value)) for name, value in evaluation.further])
        )
    if evaluation.costs:
        costs = [(each.words, f"{each.count:,}", _signed(each.gain)) for each in evaluation.costs]
        parts.append(_section("What costs mAP at IoU 0.50", ("Fault", "Objects", "Gain if mended"), costs))
    flipped = [(evaluation.title_of(key), f"{len(evaluation.images_of(key)):,}") for key in FLIPS]
    parts.append(_section("Images that flipped", ("", "Images"), flipped))
    slices = [
        (each.name, each.kind, f"{each.images:,}", _cell(each.share.value), _span(each.share))
        for each in evaluation.slices
    ]
    parts.append(_section("Slices", ("Slice", "Of", "Images", "All right", "95 % interval"), slices))
    parts += [f'<p class="note">{escape(note)}</p>' for note in evaluation.notes]
    parts.append('<p class="note">Intervals are 95 %, by drawing the images anew with replacement, seed 0.</p>')
    title = f"Evaluation of {name}"
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    return f'<!doctype html><html lang="en"><head>{policy}{head}</head><body>{"".join(parts)}</body></html>'


def _title(words: str) -> str:
    return words[:1].upper() + words[1:]


def _headlines(evaluation: ProjectEvaluation) -> list[tuple[str, ...]]:
    return [_headline(each) for each in evaluation.headlines]


def _headline(each: Headline) -> tuple[str, ...]:
    if each.count is not None:
        return each.title, f"{each.count:,} {each.note}", _span(each.after), "", "", ""
    moved = each.change if each.before is not None else None
    value = each.after.value if each.after else None
    return (
        *(each.title, _cell(value), _span(each.after), _cell(each.before)),
        *(_signed(moved.value if moved else None), _span(moved)),
    )


def _matrix(matrix: Matrix) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in ("", *matrix.columns))
    rows: list[str] = []
    for row, name in enumerate(matrix.rows):
        cells = "".join(_count(matrix, row, column) for column in range(len(matrix.columns)))
        rows.append(f"<tr><th>{escape(name)}</th>{cells}</tr>")
    words = f"Confusion matrix: {matrix.unit}, rows label, columns prediction"
    return f'<h2>{escape(words)}</h2><div class="scroll"><table><tr>{head}</tr>{"".join(rows)}</table></div>'


def _count(matrix: Matrix, row: int, column: int) -> str:
    count = int(matrix.counts[row, column])
    if not count:
        return "<td></td>"
    kind = "right" if row == column and matrix.rows[row] == matrix.columns[column] else "wrong"
    return f'<td class="{kind}">{count:,}</td>'


def _section(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
    return f'<h2>{escape(title)}</h2><div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}".replace("-", "−")


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}".replace("-", "−")


def _span(estimate: Estimate | None) -> str:
    return "–" if estimate is None or estimate.n == 1 else f"{_cell(estimate.low)} to {_cell(estimate.high)}"
