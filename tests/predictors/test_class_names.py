from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.errors import ModelError
from predictors.class_names import name_object_outputs, name_outputs, read_class_names


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("names.txt", "apple\nmilk bottle\nœuf\n"),
        ("windows.txt", "\ufeffapple\r\nmilk bottle  \r\nœuf\r\n\r\n"),
        ("list.json", '["apple", "milk bottle", "œuf"]'),
        ("index.json", '{"2": "œuf", "0": "apple", "1": "milk bottle"}'),
        ("class_to_idx.json", '{"œuf": 2, "apple": 0, "milk bottle": 1}'),
        ("azure.json", '{"labels": ["apple", "milk bottle", "œuf"]}'),
        ("id2label.json", '{"id2label": {"0": "apple", "1": "milk bottle", "2": "œuf"}, "num_labels": 3}'),
    ],
)
def test_the_usual_files_are_read(tmp_path: Path, name: str, text: str) -> None:
    assert read_class_names(write(tmp_path, name, text)) == ("apple", "milk bottle", "œuf")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("names.txt", "apple\npear\napple\n", r"'apple' in line 3 repeats line 1"),
        ("names.txt", "apple\n\npear\n", "line 2 is empty"),
        ("names.txt", "", "no class names"),
        ("names.txt", b"\xff\xfe\x00", "not UTF-8"),
        ("names.json", '["apple", "apple"]', "entry 2 repeats entry 1"),
        ("names.json", '["apple", 3]', "entry 2 is empty or no text"),
        ("names.json", '["apple", ""]', "entry 2 is empty"),
        ("names.json", "[]", "no class names"),
        ("names.json", '{"0": "apple", "2": "pear"}', "not 0 to 1 without gaps"),
        ("names.json", '{"apple": 0, "pear": 0}', "not 0 to 1 without gaps"),
        ("names.json", '{"apple": 0, "apple": 1}', "'apple' is there twice"),
        ("names.json", '{"0": ["apple"]}', "entry 1 is empty or no text"),
        ("names.json", "{oops", "not JSON"),
        ("names.json", '"apple"', "one str"),
        ("names.json", "[" * 100_000, "nested too deeply"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, name: str, text: str | bytes, words: str) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(ModelError, match=words) as caught:
        read_class_names(path)
    assert caught.value.where == str(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_class_names(tmp_path / "missing.txt")


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    with path.open("wb") as file:
        file.truncate(17 * 1024**2)
    with pytest.raises(ModelError, match="too large"):
        read_class_names(path)


def test_markup_in_a_name_stays_text(tmp_path: Path) -> None:
    names = ["<b>cat</b>", "=1+1"]
    assert read_class_names(write(tmp_path, "names.json", json.dumps(names))) == tuple(names)


def test_a_classifier_needs_as_many_names_as_outputs() -> None:
    assert name_outputs(["a", "b"], 2, where="x") == {0: "a", 1: "b"}
    with pytest.raises(ModelError, match="There are 3 class names, but the network has 2 outputs"):
        name_outputs(["a", "b", "c"], 2, where="x")


def test_the_background_of_a_detector_may_be_named_or_not() -> None:
    for names in (["a", "b"], ["__background__", "a", "b"], ["Background", "a", "b"]):
        assert name_object_outputs(names, 3, uses_output_0=False, where="x") == {1: "a", 2: "b"}
        assert name_object_outputs(names, None, uses_output_0=False, where="x") == {1: "a", 2: "b"}


def test_a_detector_without_background_takes_a_name_for_output_0() -> None:
    assert name_object_outputs(["a", "b"], 2, uses_output_0=True, where="x") == {0: "a", 1: "b"}
    with pytest.raises(ModelError, match="2 class names, but the network has 2 outputs, the background included"):
        name_object_outputs(["a", "b"], 2, uses_output_0=False, where="x")


def test_outputs_marked_as_unused_are_left_out() -> None:
    names = ["__background__", "a", "N/A", "b", "N/A"]
    assert name_object_outputs(names, 5, uses_output_0=False, where="x") == {1: "a", 3: "b"}
