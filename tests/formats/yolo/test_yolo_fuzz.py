from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.geometry import Box
from domain.prediction import Instance, Instances
from formats.base import FileReport, ReadOptions
from formats.yolo.rows import Row, parse_row, render_row
from formats.yolo.yolo import Yolo

FILES = {
    "data.yaml": b"train: train.txt\nval: [images/val]\nnames: {0: can, 1: carton}\n",
    "train.txt": b"./images/a.jpg\n/x/images/b.png\n",
    "labels/a.txt": b"0 0.4975 0.5535 0.475 0.295\n1 0.1 0.1 0.5 0.1 0.5 0.5\n",
}


@settings(max_examples=200)
@given(data=st.data())
def test_mutated_data_sets_give_findings_never_exceptions(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        for name, content in FILES.items():
            text = bytearray(content)
            for _ in range(data.draw(st.integers(0, 3))):
                start = data.draw(st.integers(0, max(0, len(text) - 1)))
                text[start : start + data.draw(st.integers(0, 10))] = data.draw(st.binary(max_size=8))
            file = Path(folder, name)
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(bytes(text))
        report = FileReport("set")
        records = list(Yolo().read(Path(folder), ReadOptions(), report))
        rows = [row for row in (Path(folder) / "labels/a.txt").read_bytes().split(b"\n") if row.strip()]
        kept = sum(len(record.content.items) for record in records if isinstance(record.content, Instances))
        assert (
            any(record.findings for record in records) or report.findings or kept >= len([r for r in rows if r.strip()])
        )


edges = st.floats(0, 1)


@given(edges, edges, edges, edges, st.none() | edges)
def test_boxes_come_back_from_rows(a: float, b: float, c: float, d: float, score: float | None) -> None:
    box = Box(min(a, b), min(c, d), max(a, b), max(c, d))
    row = parse_row(render_row(3, Instance("x", "can", box, score)), lambda *_: None)
    assert isinstance(row, Row)
    assert (row.number, row.score, row.ring) == (3, score, ())
    assert max(abs(x - y) for x, y in zip(row.box.as_tuple(), box.as_tuple(), strict=True)) <= 1e-12
