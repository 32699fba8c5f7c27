import json

import pytest

from domain.errors import Cancelled
from domain.model_spec import ModelSpec
from services.loose_images import list_images
from services.model_shelf import ModelShelf
from services.score_folder import score_folder


def read_lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def read_predictions(file):
    return {line["filename"]: line["probs"] for line in read_lines(file)}


def spec_of(options):
    words = [str(option) for option in options]
    return ModelSpec(
        name=words[words.index("--model") + 1],
        weights=words[words.index("--weights") + 1],
        classes=words[words.index("--classes") + 1],
        resize=48,
        crop=48,
    )


def test_every_image_gets_a_batch_line_with_its_relative_path(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "predictions.jsonl"
    result = run_cli("score", *classifier, "--images", photos, "--out", out)

    assert (result.code, result.out) == (0, f"3 images scored, 0 unreadable: {out}\n")
    lines = read_lines(out)
    assert [line["filename"] for line in lines] == ["a.jpg", "b.png", "sub/c.jpg"]
    assert lines[0]["labels"] == ["apple", "banana", "cherry"]
    assert sum(lines[0]["probs"]) == pytest.approx(1, abs=1e-5)
    assert "Scoring: 3 of 3 images" in result.err
    assert not out.with_name("predictions.jsonl.part").exists()


def test_a_detector_writes_boxes_and_polygons(run_cli, detector, photos, tmp_path):
    out = tmp_path / "predictions.jsonl"
    assert run_cli("score", *detector, "--images", photos, "--out", out).code == 0

    boxes = [box for line in read_lines(out) for box in line["boxes"]]
    assert boxes
    assert set(boxes[0]) >= {"box", "label", "score"}
    assert any("polygon" in box for box in boxes)


def test_a_single_file_can_be_scored(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "predictions.jsonl"
    assert run_cli("score", *classifier, "--images", photos / "b.png", "--out", out).code == 0
    assert [line["filename"] for line in read_lines(out)] == ["b.png"]


def test_unreadable_images_are_listed_with_their_reason_and_stop_nothing(run_cli, classifier, photos, tmp_path):
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "cut.jpg").write_bytes((photos / "a.jpg").read_bytes()[:700])
    (photos / "page.png").write_text("<html>")
    out = tmp_path / "predictions.jsonl"
    result = run_cli("score", *classifier, "--images", photos, "--out", out)

    assert (result.code, result.out) == (0, f"3 images scored, 3 unreadable: {out}\n")
    assert "empty.jpg cannot be read. Found: 0 bytes." in result.err
    assert "cut.jpg cannot be read. Found: a JPEG image that is damaged or cut off" in result.err
    assert 'page.png cannot be read. Found: text that begins with "<html>"' in result.err
    assert len(read_lines(out)) == 3


def test_a_folder_without_any_readable_image_writes_nothing_and_fails(run_cli, classifier, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.jpg").write_bytes(b"")
    out = tmp_path / "predictions.jsonl"
    result = run_cli("score", *classifier, "--images", tmp_path / "bad", "--out", out)

    assert (result.code, result.out) == (1, "0 images scored, 1 unreadable: nothing was written\n")
    assert list(tmp_path.glob("predictions*")) == []


def test_a_missing_or_empty_folder_is_told_before_a_model_is_loaded(run_cli, classifier, tmp_path):
    classifier[3] = tmp_path / "no_such_weights.pth"
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("")
    for folder, words in (("nowhere", "Found: nothing of that name."), ("empty", "Found: 1 other file.")):
        result = run_cli("score", *classifier, "--images", tmp_path / folder, "--out", tmp_path / "p.jsonl")
        assert (result.code, result.out) == (1, "")
        assert words in result.err


def test_a_place_that_cannot_be_written_is_told_at_the_beginning(run_cli, classifier, photos, tmp_path):
    (tmp_path / "file").write_text("")
    for out, words in ((tmp_path, "a folder"), (tmp_path / "file" / "p.jsonl", "cannot be written")):
        result = run_cli("score", *classifier, "--images", photos, "--out", out)
        assert result.code == 1
        assert words in result.err


def test_a_checkpoint_for_another_architecture_names_the_difference(run_cli, models, photos, tmp_path):
    result = run_cli(
        *("score", "--model", "torchvision/resnet18", "--weights", models / "squeezenet.pth"),
        *("--images", photos, "--out", tmp_path / "p.jsonl"),
    )
    assert result.code == 1
    assert result.err.startswith("relook: ")
    assert "squeezenet" in result.err or "resnet18" in result.err
    assert "Traceback" not in result.err


def test_a_run_that_was_cut_off_goes_on_where_it_was(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "predictions.jsonl"
    part = out.with_name("predictions.jsonl.part")
    spec = spec_of(classifier)
    predictor = ModelShelf().take(spec)

    def run_until(last):
        """Stop after some images; return the images whose lines are on the disk at that moment."""
        finished = []

        def stop(done, total):
            if done == last:
                finished.extend(line.get("filename") for line in read_lines(part))
                raise Cancelled("Stopped.")

        with pytest.raises(Cancelled):
            score_folder(predictor, spec, list_images(photos), out, max_pixels=10**6, report=stop)
        return finished[1:]

    assert run_until(1) == ["a.jpg"]
    assert not out.exists()
    marked = part.read_text().replace('"filename":"a.jpg"', '"kept":1,"filename":"a.jpg"')
    part.write_text(marked + '{"filename":"b.png","probs":[0.1')  # the machine stopped while it wrote
    assert run_until(2) == ["a.jpg", "b.png"]

    result = run_cli("score", *classifier, "--images", photos, "--out", out)
    assert (result.code, result.out) == (0, f"3 images scored (2 of them earlier), 0 unreadable: {out}\n")
    lines = read_lines(out)
    assert [line["filename"] for line in lines] == ["a.jpg", "b.png", "sub/c.jpg"]
    assert lines[0]["kept"] == 1
    assert not part.exists()


def test_resumed_lines_come_out_in_the_order_of_the_images(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "predictions.jsonl"
    run_cli("score", *classifier, "--images", photos, "--out", out)
    whole = read_predictions(out)
    spec = spec_of(classifier)
    predictor = ModelShelf().take(spec)

    class Stop(Exception):
        pass

    def stop_at_the_end(done, total):
        if done == total:
            raise Stop

    (photos / "a.jpg").rename(tmp_path / "a.jpg")
    with pytest.raises(Stop):
        score_folder(predictor, spec, list_images(photos), out, max_pixels=10**6, report=stop_at_the_end)
    (tmp_path / "a.jpg").rename(photos / "a.jpg")

    assert "(2 of them earlier)" in run_cli("score", *classifier, "--images", photos, "--out", out).out
    resumed = read_predictions(out)
    assert list(resumed) == list(whole)
    # Images scored together or apart differ in the last digits of a float32.
    assert all(resumed[name] == pytest.approx(whole[name], abs=1e-5) for name in whole)


def test_unfinished_lines_of_another_model_or_setting_are_not_mixed_in(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "predictions.jsonl"
    part = out.with_name("predictions.jsonl.part")
    part.write_text(json.dumps({"relook": "unfinished predictions", "model_id": "other"}) + "\n")
    result = run_cli("score", *classifier, "--images", photos, "--out", out)

    assert result.code == 1
    assert "unfinished predictions of another run: model_id," in result.err
    assert "Delete it" in result.err
    assert part.exists()
    assert not out.exists()


def test_an_earlier_file_stays_until_the_new_one_is_whole(run_cli, classifier, photos, tmp_path):
    out = tmp_path / "predictions.jsonl"
    out.write_text("earlier\n")
    classifier[classifier.index("--resize") + 1] = 0
    assert run_cli("score", *classifier, "--images", photos, "--out", out).code == 1
    assert out.read_text() == "earlier\n"


def test_fridge_photos_are_scored_with_real_weights(run_cli, test_data, tmp_path):
    folder = tmp_path / "few"
    folder.mkdir()
    for photo in sorted((test_data / "fridge_photos" / "multiclass").iterdir())[:4]:
        (folder / photo.name).write_bytes(photo.read_bytes())
    [weights] = (test_data / "mobilenet_v2_imagenet").glob("*.pth")
    out = tmp_path / "predictions.jsonl"
    result = run_cli(
        *("score", "--model", "torchvision/mobilenet_v2", "--weights", weights, "--images", folder, "--out", out)
    )
    assert result.code == 0
    assert len(read_lines(out)[0]["labels"]) == 1000
