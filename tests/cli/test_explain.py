import json
import os

import numpy as np
import pytest
from PIL import Image

from services.map_index import name_map, safe_name


def read_index(out):
    return [json.loads(line) for line in (out / "index.jsonl").read_text().splitlines()]


def test_a_folder_gets_an_overlay_a_raw_map_and_a_line_for_each_image(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "maps"
    result = run_cli("explain", *classifier, "--images", photos, "--method", "gradcam", "--target", "top", "--out", out)

    assert (result.code, result.out) == (0, f"3 maps written, 0 images without: {out}\n")
    entries = read_index(out)
    assert [entry["image"] for entry in entries] == ["a.jpg", "b.png", "sub/c.jpg"]
    entry = entries[2]
    assert entry["files"] == {"png": "sub/c.jpg.gradcam.top.png", "npz": "sub/c.jpg.gradcam.top.npz"}
    assert entry["target"] in {"apple", "banana", "cherry"}
    assert entry["seconds"] > 0
    with np.load(out / entry["files"]["npz"], allow_pickle=False) as stored:
        assert stored["heatmap"].dtype == np.float32
        assert json.loads(str(stored["facts"]))["method"] == "gradcam"
    with Image.open(out / entry["files"]["png"]) as overlay:
        assert overlay.size == (80, 60)


def test_maps_of_two_classes_differ_and_both_stay_in_the_index(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "maps"
    for label in ("apple", "cherry"):
        result = run_cli(
            *("explain", *classifier, "--images", photos / "b.png", "--out", out),
            *("--method", "gradcam", "--target", label),
        )
        assert result.code == 0
    assert [entry["target"] for entry in read_index(out)] == ["apple", "cherry"]
    one, other = (np.load(out / entry["files"]["npz"])["heatmap"] for entry in read_index(out))
    assert not np.array_equal(one, other)


def test_the_same_command_again_leaves_one_line_for_each_map(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "maps"
    (tmp_path / "maps").mkdir()
    (out / "index.jsonl").write_text('{"name": "torn')  # the machine stopped while it wrote
    for _ in range(2):
        run_cli("explain", *classifier, "--images", photos, "--method", "gradcam", "--out", out)
    assert len(read_index(out)) == 3


def test_an_interrupted_run_goes_on_where_it_stopped(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "maps"
    command = ("explain", *classifier, "--images", photos, "--method", "gradcam", "--out", out)
    run_cli("explain", *classifier, "--images", photos / "b.png", "--method", "gradcam", "--out", out)
    made = out / "b.png.gradcam.top.npz"
    before = made.stat().st_mtime_ns

    assert run_cli(*command).out == f"2 maps written, 1 kept from an earlier run, 0 images without: {out}\n"
    assert made.stat().st_mtime_ns == before
    made.unlink()
    assert run_cli(*command).out.startswith("1 map written, 2 kept")
    os.utime(photos / "b.png")  # another picture may lie there now
    assert run_cli(*command).out.startswith("1 map written, 2 kept")
    assert run_cli(*command, "--layer", "features.3").out.startswith("3 maps written, 0")
    assert run_cli(*command, "--layer", "features.3", "--fresh").out.startswith("3 maps written, 0")


def test_several_methods_share_one_run_and_one_index(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "maps"
    command = ("explain", *classifier, "--images", photos / "a.jpg", "--out", out)
    result = run_cli(*command, "--methods", "gradcam", "image-lime", "--samples", 12, "--segments", 9)
    assert (result.code, result.err.count("Traceback")) == (0, 0)
    assert [(entry["method"], entry["parameters"].get("samples")) for entry in read_index(out)] == [
        ("gradcam", None),
        ("lime", 12),
    ]
    unknown = run_cli(*command, "--method", "magic")
    assert unknown.code == 1
    assert "There is no explanation method named 'magic'. Known: " in unknown.err


def test_how_far_maps_can_be_trusted_stands_in_the_index_on_request(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "maps"
    command = ("explain", *classifier, "--images", photos / "a.jpg", "--out", out, "--method", "gradcam")
    assert run_cli(*command).code == 0
    assert "trust" not in read_index(out)[0]

    assert run_cli(*command, "--trust").out.startswith("1 map written")
    [entry] = read_index(out)
    insertion = entry["trust"]["figures"]["insertion"]
    assert 0 <= insertion["low"] <= insertion["value"] <= insertion["high"] <= 1
    assert insertion["random"] is not None
    assert entry["trust"]["in_words"].endswith(".")
    assert "sensitivity" in entry["trust"]["omitted"]
    assert run_cli(*command, "--trust").out.startswith("0 maps written, 1 kept")

    assert run_cli(*command, "--trust-more").out.startswith("1 map written")
    [entry] = read_index(out)
    assert entry["trust"]["omitted"] == []
    assert "sensitivity" in entry["trust"]["figures"]
    assert run_cli(*command, "--trust-more").out.startswith("0 maps written, 1 kept")


def test_every_class_above_a_threshold_is_explained(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "maps"
    command = ("explain", *classifier, "--images", photos / "a.jpg", "--out", out, "--method", "gradcam")
    refused = run_cli(*command, "--confidence-score-threshold-multilabel", 0.5)
    assert refused.code == 1
    assert "a threshold chooses among several classes at once" in refused.err

    result = run_cli(
        *command, "--task", "image_classification_multilabel", "--confidence-score-threshold-multilabel", 0.01
    )
    assert result.code == 0
    assert {entry["target"] for entry in read_index(out)} <= {"apple", "banana", "cherry"}
    assert len(read_index(out)) > 1
    assert all(entry["score"] >= 0.01 for entry in read_index(out))


def test_all_objects_of_an_image_are_explained(run_cli, detector, photos, tmp_path):
    out = tmp_path / "maps"
    result = run_cli(
        *("explain", *detector, "--images", photos / "a.jpg", "--out", out, "--method", "odam", "--instance", "all")
    )
    assert result.code == 0
    entries = read_index(out)
    assert len({entry["instance"]["instance_id"] for entry in entries}) == len(entries) > 1
    scores = [entry["score"] for entry in entries]
    assert scores == sorted(scores, reverse=True)


def test_parameters_of_the_method_are_options(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "maps"
    common = ("explain", *classifier, "--images", photos / "a.jpg", "--out", out)
    result = run_cli(*common, "--method", "lime", "--samples", 12, "--segments", 9, "--seed", 4)
    assert result.code == 0
    [entry] = read_index(out)
    assert (entry["parameters"]["samples"], entry["parameters"]["segments"], entry["seed"]) == (12, 9, 4)

    wrong = run_cli(*common, "--method", "gradcam", "--samples", 12)
    assert (wrong.code, wrong.err.count("Traceback")) == (1, 0)
    assert "The method 'gradcam' has no parameter named 'samples'." in wrong.err
    assert "'samples' of 'lime' is '1'; expected 10 to 20000" in (
        run_cli(*common, "--method", "lime", "--samples", 1).err
    )


def test_a_class_the_model_does_not_have_is_told_before_anything_is_computed(run_cli, classifier, photos, tmp_path):
    result = run_cli(
        *("explain", *classifier, "--images", photos, "--out", tmp_path / "maps"),
        *("--method", "gradcam", "--target", "aple"),
    )
    assert result.code == 1
    assert "named 'aple'. Known: apple" in result.err
    assert not (tmp_path / "maps" / "index.jsonl").exists()


def test_a_detector_explains_its_best_object_of_a_class_or_the_one_asked_for(run_cli, detector, photos, tmp_path):
    out = tmp_path / "maps"
    common = ("explain", *detector, "--images", photos / "a.jpg", "--out", out, "--method", "odam")
    assert run_cli(*common).code == 0
    assert run_cli(*common, "--instance", 2).code == 0
    first, second = read_index(out)
    assert first["instance"]["score"] >= second["instance"]["score"]
    assert first["instance"]["instance_id"] != second["instance"]["instance_id"]
    assert second["files"]["png"] == "a.jpg.odam.top-2.png"

    assert run_cli(*common, "--target", second["target"], "--instance", second["instance"]["instance_id"]).code == 0
    assert read_index(out)[-1]["instance"] == second["instance"]


def test_an_image_without_the_object_gets_a_line_with_the_reason(run_cli, detector, photos, tmp_path):
    out = tmp_path / "maps"
    result = run_cli(
        *("explain", *detector, "--images", photos / "a.jpg", "--out", out, "--method", "odam"),
        *("--instance", 5000),
    )
    assert (result.code, result.out) == (1, f"0 maps written, 1 image without: {out}\n")
    assert "so there is no object 5000" in result.err
    [entry] = read_index(out)
    assert "no object 5000" in entry["problem"]
    assert "files" not in entry


def test_an_instance_of_a_classifier_is_refused(run_cli, classifier, photos, tmp_path):
    result = run_cli(
        *("explain", *classifier, "--images", photos, "--out", tmp_path / "m", "--method", "gradcam", "--instance", 1)
    )
    assert result.code == 1
    assert "predicts no objects" in result.err


def test_unreadable_images_stand_in_the_index_and_stop_nothing(run_cli, classifier, photos, tmp_path):
    (photos / "empty.jpg").write_bytes(b"")
    out = tmp_path / "maps"
    result = run_cli("explain", *classifier, "--images", photos, "--method", "gradcam", "--out", out)

    assert (result.code, result.out) == (0, f"3 maps written, 1 image without: {out}\n")
    problems = {entry["image"]: entry["problem"] for entry in read_index(out) if "problem" in entry}
    assert list(problems) == ["empty.jpg"]
    assert "Found: 0 bytes" in problems["empty.jpg"]


def test_maps_are_not_written_among_the_images(run_cli, classifier, photos):
    result = run_cli("explain", *classifier, "--images", photos, "--method", "gradcam", "--out", photos / "maps")
    assert result.code == 1
    assert "The maps would lie among the images" in result.err


def test_the_overlay_of_a_turned_photo_has_its_stored_size_and_its_orientation(run_cli, classifier, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 90, 3), dtype=np.uint8)).save(
        tmp_path / "turned.jpg", exif=exif
    )
    out = tmp_path / "maps"
    for orientation in ("stored", "upright"):
        result = run_cli(
            *("explain", *classifier, "--images", tmp_path / "turned.jpg", "--out", out),
            *("--method", "gradcam", "--orientation", orientation),
        )
        assert result.code == 0
        with Image.open(out / "turned.jpg.gradcam.top.png") as overlay:
            assert (overlay.size, overlay.getexif()[0x0112]) == ((90, 40), 6)


@pytest.mark.parametrize(
    "label",
    ["a/b", "../../etc/passwd", "<img src=x onerror=alert(1)>", '=HYPERLINK("x")', "a\nb\x1b[2J", "x" * 300, "…" * 90],
)
def test_any_class_name_makes_a_safe_file_name(label, tmp_path):
    name = name_map("sub/a.jpg", "gradcam", safe_name(label))

    assert os.path.normpath(name) == name
    assert name.count("/") == 1
    assert name.isprintable()
    (tmp_path / "sub").mkdir()
    (tmp_path / f"{name}.png").write_text("")


def test_class_names_that_would_become_equal_get_different_file_names():
    names = ["a/b", "a:b", "a_b", "top", "top.", "x" * 300, "x" * 301]
    assert len({safe_name(name) for name in names}) == len(names)
    assert safe_name("tiger cat") == "tiger cat"
    assert safe_name("top") != "top"


def test_a_long_file_name_is_cut_so_that_the_map_fits_beside_it(tmp_path):
    name = name_map("x" * 250 + ".jpg", "gradcam", safe_name("…" * 90))
    (tmp_path / f"{name}.npz").write_text("")
    assert name_map("x" * 250 + ".jpg", "m", "t") != name_map("x" * 251 + ".jpg", "m", "t")


def test_dog_and_cat_of_the_real_photo_get_maps_on_different_places(run_cli, test_data, tmp_path):
    [weights] = (test_data / "mobilenet_v2_imagenet").glob("*.pth")
    out = tmp_path / "maps"
    centres = {}
    for label in ("tiger cat", "boxer"):
        result = run_cli(
            *("explain", "--model", "torchvision/mobilenet_v2", "--weights", weights),
            *("--images", test_data / "photos" / "both.png", "--out", out, "--method", "gradcam", "--target", label),
        )
        assert result.code == 0
        heat = np.maximum(np.load(out / f"both.png.gradcam.{label}.npz")["heatmap"], 0)
        centres[label] = (heat.sum(axis=1) @ np.arange(len(heat))) / heat.sum() / len(heat)
    assert centres["boxer"] < 0.5 < centres["tiger cat"]
