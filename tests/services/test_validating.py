import json

import numpy as np
import pytest
from PIL import Image

from domain.errors import FormatError, InputError
from domain.finding import Severity
from domain.prediction import Task
from services.validating import validate_file

URL = "azureml://subscriptions/a/resourcegroups/b/workspaces/c/datastores/d/paths/photos/"


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    for place, size in (("a.jpg", (40, 30)), ("x/same.jpg", (8, 8)), ("y/same.jpg", (8, 8))):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((size[1], size[0], 3), np.uint8)).save(folder / place)
    return folder


def write(tmp_path, *names, **more):
    file = tmp_path / "labels.jsonl"
    lines = [{"image_url": URL + name, "label": "can", **more} for name in names]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def check(file, **options):
    return validate_file(file, **{"max_pixels": 10**6, **options})


def test_task_format_and_counts_are_told(tmp_path, photos):
    found = check(write(tmp_path, "a.jpg", "a.jpg"), images=photos)
    assert (found.format, found.task, found.lines) == ("azure-jsonl", Task.CLASSIFICATION, 2)
    assert (found.images, found.named) == (3, 1)
    assert (found.count(Severity.ERROR), found.count(Severity.WARNING)) == (0, 1)


def test_without_a_folder_no_image_is_looked_for(tmp_path):
    found = check(write(tmp_path, "nowhere.jpg"))
    assert (found.images, found.named, found.findings) == (None, 0, ())


def test_an_address_that_fits_two_files_is_not_guessed(tmp_path, photos):
    [finding] = check(write(tmp_path, "same.jpg"), images=photos).findings
    assert (finding.code, finding.severity, finding.line) == ("JL011", Severity.ERROR, 1)
    assert "2 image files fit this image_url equally well" in finding.message


def test_only_the_images_that_are_named_are_decoded_and_each_once(tmp_path, photos):
    (photos / "broken.jpg").write_bytes(b"")
    seen = []
    check(write(tmp_path, "a.jpg", "a.jpg", "y/same.jpg"), images=photos, report=lambda *done: seen.append(done))
    assert seen == [(1, 2), (2, 2)]


def test_an_image_above_the_limit_counts_as_unreadable(tmp_path, photos):
    [finding] = check(write(tmp_path, "a.jpg"), images=photos, max_pixels=1000).findings
    assert finding.message == "The image file a.jpg cannot be read."


def test_a_declared_size_is_held_against_the_file(tmp_path, photos):
    details = {"format": "jpg", "width": "499px", "height": "666px"}
    [finding] = check(write(tmp_path, "a.jpg", image_details=details), images=photos).findings
    assert "declares 499x666 pixels, the file has 40x30" in finding.message


def test_names_that_mean_nothing_are_refused(tmp_path, photos):
    with pytest.raises(InputError, match="no format named 'word'"):
        check(write(tmp_path, "a.jpg"), format_name="word")
    with pytest.raises(InputError, match="nothing of that name"):
        check(write(tmp_path, "a.jpg"), images=tmp_path / "nowhere")
    with pytest.raises(FormatError, match="No such file"):
        check(tmp_path / "nowhere.jsonl")


def test_a_file_that_says_nothing_is_an_error(tmp_path):
    blank = tmp_path / "blank.jsonl"
    blank.write_text("\n\n")
    [finding] = check(blank).findings
    assert (finding.code, finding.severity) == ("EX003", Severity.ERROR)
