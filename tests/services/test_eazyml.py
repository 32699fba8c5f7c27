"""EazyML's functions: explanation, scores and active learning, evaluation; and what they say to bad input."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from formats.eazyml.answers import parse_active_learning_answer, parse_evaluate_answer, parse_explain_answer
from services.eazyml import (
    ez_image_active_learning,
    ez_image_model_evaluate,
    ez_init,
    ez_xai_image_explain,
)
from services.eazyml_scores import choose_target, log_info, weighted_moments
from tests.semantic_models import (
    CLASSES,
    SIDE,
    draw_things,
    save_exported,
    save_keras_unet,
    save_things,
    save_torchscript,
)
from tests.services.small_models import CLASSES as FRIDGE
from tests.services.small_models import save_weights

PIXELS = {"mean": [0, 0, 0], "std": [1, 1, 1]}


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a semantic program, a picture, and predictions of it that are more and more unsure."""
    folder = tmp_path_factory.mktemp("things")
    save_exported(folder / "model.pt2")
    (folder / "model.json").write_text(json.dumps({"classes": ["background", *CLASSES], **PIXELS}))
    save_things(folder / "photo.png")
    for number, sure in enumerate((0.7, 0.99, 0.85)):
        np.save(folder / f"sure{number}.npy", prediction(sure))
    return folder


def prediction(sure: float) -> np.ndarray:
    """(H, W, 3) probabilities of background, red and green, as planted in the picture."""
    picture = draw_things().astype(int)
    best = np.where(picture[..., 0] > 200, 1, np.where(picture[..., 1] > 200, 2, 0))
    return np.where(best[..., None] == np.arange(3), sure, (1 - sure) / 2)


def explain(folder: Path, predicted: str = "sure0.npy", **options: Any) -> dict[str, Any]:
    model = options.pop("model", "model.pt2")
    return ez_xai_image_explain(
        str(folder / "photo.png"),
        str(folder / model),
        str(folder / predicted),
        {"xai_image_path": str(folder / "map.png"), **options},
    )


def evidence_of(folder: Path) -> np.ndarray:
    """Where the picture of the explanation is not grey."""
    with Image.open(folder / "map.png") as picture:
        drawn = np.asarray(picture.convert("RGB")).astype(int)
    return drawn.max(axis=2) - drawn.min(axis=2)


def test_no_key_is_needed():
    assert ez_init()["success"]
    assert "no access key" in ez_init("a key", usage_share_consent=True)["message"]
    assert not ez_init(7)["success"]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("xai_strategy", "model"), [("gradcam", "model.pt2"), ("image-lime", "scripted.pt")])
def test_the_picture_shows_where_the_class_of_the_prediction_comes_from(things, xai_strategy, model):
    if model == "scripted.pt":
        save_torchscript(things / model)
        (things / "scripted.json").write_text(
            json.dumps({"classes": list(CLASSES), "resize": SIDE, "crop": SIDE, **PIXELS})
        )
    answer = explain(things, xai_strategy=xai_strategy, model=model)
    assert answer["success"], answer
    assert "approximation of weighted-moments" in answer["message"]
    assert answer["explanations"] == {"explanation": str(things / "map.png"), "confidence": pytest.approx(70, abs=0.1)}
    assert parse_explain_answer(answer).explanations[0].pictures == (str(things / "map.png"),)
    colour = evidence_of(things)
    assert colour.shape == (SIDE, SIDE)
    assert colour[: SIDE // 2].sum() > 3 * colour[SIDE // 2 :].sum()  # red has most pixels, and is at the top


def test_lists_are_answered_with_lists(things):
    photo, model = str(things / "photo.png"), str(things / "model.pt2")
    paths = [str(things / "one.jpg"), str(things / "two.jpg")]
    answer = ez_xai_image_explain(
        [photo, photo], model, [str(things / "sure0.npy"), str(things / "sure1.npy")], {"xai_image_path": paths}
    )
    assert [each["explanation"] for each in answer["explanations"]] == paths
    assert [each["confidence"] for each in answer["explanations"]] == [pytest.approx(70), pytest.approx(99)]
    with Image.open(paths[1]) as drawn:
        assert drawn.size == (SIDE, SIDE)


def test_a_torchscript_model_has_no_gradcam_and_says_so(things):
    save_torchscript(things / "closed.pt")
    (things / "closed.json").write_text(json.dumps({"classes": list(CLASSES), "resize": SIDE, "crop": SIDE}))
    answer = explain(things, model="closed.pt")
    assert not answer["success"]
    assert "GradCAM needs the inside of the network" in answer["message"]


def test_active_learning_asks_for_the_least_sure_first(things):
    photos = [str(things / "photo.png")] * 3
    predicted = [str(things / f"sure{number}.npy") for number in range(3)]
    for strategy, scores in (("weighted-moments", [70, 85, 99]), ("log-info", None)):
        answer = ez_image_active_learning(photos, str(things / "model.pt2"), predicted, {"score_strategy": strategy})
        assert answer["query_info"]["query_indices"] == [0, 2, 1]
        found = answer["query_info"]["query_scores"]
        assert found == sorted(found)
        assert scores is None or found == pytest.approx(scores, abs=0.1)
    answer = ez_image_active_learning(photos, str(things / "model.pt2"), predicted, {"query_count": 2})
    assert answer["query_info"]["query_indices"] == [0, 2]
    assert parse_active_learning_answer(json.loads(json.dumps(answer))).indices == (0, 2)


def test_lime_confidence_is_the_share_of_evidence_for_the_class(things):
    answer = explain(things, score_strategy="lime-confidence", xai_strategy="image-lime")
    assert answer["success"], answer
    assert 50 < answer["explanations"]["confidence"] <= 100


@pytest.mark.parametrize("strategy", ["trainable-1", "trainable-2"])
def test_trainable_scores_learn_from_labelled_images(things, strategy):
    table = write_table(things, [("photo.png", "mask.png")] * 3 + [("photo.png", "empty.png")] * 3)
    answer = explain(things, "sure1.npy", score_strategy=strategy, training_data_path=str(table))
    assert answer["success"], answer
    assert answer["explanations"]["confidence"] == pytest.approx(33, abs=5)  # 0.66 with one half of the masks
    answer = explain(things, score_strategy=strategy)
    assert answer["message"] == f"training_data_path must be provided for {strategy}."
    answer = explain(
        things, score_strategy=strategy, training_data_path=str(write_table(things, [("photo.png", "mask.png")]))
    )
    assert "holds 1 labelled images; trainable scores need 4" in answer["message"]


def write_table(folder: Path, rows: list[tuple[str, str]]) -> Path:
    picture = draw_things().astype(int)
    values = np.where(picture[..., 0] > 200, 1, np.where(picture[..., 1] > 200, 2, 0)).astype(np.uint8)
    Image.fromarray(values).save(folder / "mask.png")
    Image.fromarray(np.zeros_like(values)).save(folder / "empty.png")
    (folder / "labels.json").write_text(json.dumps({"1": "red", "2": "green"}))
    table = folder / "table.csv"
    lines = ["inputs,labels", *(f"{folder / image},{folder / label}" for image, label in rows)]
    table.write_text("\n".join(lines))
    return table


def test_evaluation_counts_pixels(things):
    table = write_table(things, [("photo.png", "mask.png")])
    answer = ez_image_model_evaluate(str(table), str(things / "model.pt2"), {"log_file": str(things / "log.csv")})
    assert answer["success"], answer
    metrics = answer["metrics"]
    assert set(metrics) == {"loss", "metric_accuracy", "metric_iou", "metric_fscore"}
    assert 0.7 < metrics["metric_iou"] < metrics["metric_fscore"] < metrics["metric_accuracy"] <= 1
    assert answer["eval_info"].startswith("loss: ")
    assert parse_evaluate_answer(answer).metrics == metrics
    assert (things / "log.csv").read_text().startswith("epoch,loss,")


def test_own_functions_judge_the_model(things):
    table = write_table(things, [("photo.png", "mask.png")] * 2)
    seen: list[tuple[int, ...]] = []

    def metric(labels: np.ndarray, outputs: np.ndarray) -> float:
        seen.append((*labels.shape, *outputs.shape))
        return 0.25

    functions = {
        "loss_fn": lambda labels, outputs: 2,
        "metric_fns": {"metric_own": metric},
        "output_process_fn": lambda outputs: outputs[..., 1],
        "label_preprocess_fn": lambda labels: labels == 1,
    }
    answer = ez_image_model_evaluate(str(table), str(things / "model.pt2"), {"required_functions": functions})
    assert answer["metrics"] == {"loss": 2.0, "metric_own": 0.25}
    assert seen == [(SIDE, SIDE, SIDE, SIDE)] * 2
    functions["metric_fns"] = {"broken": lambda labels, outputs: labels["x"]}
    answer = ez_image_model_evaluate(str(table), str(things / "model.pt2"), {"required_functions": functions})
    assert answer["message"].startswith("broken failed: ")
    answer = ez_image_model_evaluate(str(table), str(things / "model.pt2"), {"required_functions": {"loss_fn": "mse"}})
    assert answer["message"] == "loss_fn is 'mse', expected a function."


@pytest.fixture
def fridge(tmp_path: Path) -> Path:
    """A folder with a classifier of four classes as a state_dict, its facts and a picture."""
    save_weights(tmp_path / "model.pth")
    facts = {"builder": "shufflenet_v2_x0_5", "classes": list(FRIDGE), "resize": 32, "crop": 32}
    (tmp_path / "model.json").write_text(json.dumps(facts))
    save_things(tmp_path / "photo.png")
    np.savetxt(tmp_path / "said.csv", [[0.1, 0.2, 0.6, 0.1]], delimiter=",")
    return tmp_path


def test_a_classifier_is_explained_and_scored_by_its_probability(fridge):
    answer = explain(fridge, "said.csv", model="model.pth", xai_strategy="image-lime")
    assert answer["success"], answer
    assert answer["explanations"]["confidence"] == 60
    np.save(fridge / "wrong.npy", np.ones((1, 3)) / 3)
    answer = explain(fridge, "wrong.npy", model="model.pth")
    assert "The prediction holds 3 classes; expected those of the model: 4." in answer["message"]
    np.save(fridge / "mask.npy", np.ones((8, 8)))
    assert "expected one line of 4 probabilities" in explain(fridge, "mask.npy", model="model.pth")["message"]


def test_a_keras_model_is_explained(things, tmp_path):
    save_keras_unet(tmp_path / "unet.h5")
    save_things(tmp_path / "photo.png")
    np.savetxt(tmp_path / "said.csv", prediction(0.9)[..., 1], delimiter=",")
    answer = explain(tmp_path, "said.csv", model="unet.h5", gradcam_layer="coarse")
    assert answer["success"], answer
    assert evidence_of(tmp_path)[: SIDE // 2].sum() > 3 * evidence_of(tmp_path)[SIDE // 2 :].sum()


def test_pictures_and_npz_are_predictions_too(things):
    Image.fromarray((prediction(1.0).argmax(axis=-1)).astype(np.uint8)).save(things / "said.png")
    np.savez(things / "said.npz", prediction(0.99))
    assert explain(things, "said.png")["explanations"]["confidence"] == 100
    assert explain(things, "said.npz")["explanations"]["confidence"] == pytest.approx(99)


def test_scores_follow_their_definitions():
    values = np.array([[[0.2], [0.5]], [[0.9], [1.0]]])
    said = choose_target(values, background=None)
    inside = np.array([0.5, 0.9, 1.0])
    mean = (inside**2).sum() / inside.sum()
    deviation = np.sqrt((inside * (inside - mean) ** 2).sum() / inside.sum())
    assert weighted_moments(said) == pytest.approx(100 * (mean - deviation), abs=0.01)
    half = choose_target(np.full((2, 2, 2), 0.5), background=None)
    assert log_info(half) == pytest.approx(0, abs=0.01)
    nothing = choose_target(np.zeros((2, 2, 1)), background=None)
    assert (weighted_moments(nothing), log_info(nothing)) == (100, 100)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"options": {"colour": "red"}}, "Invalid key in options: colour."),
        ({"options": {"score_strategy": "best"}}, "score_strategy is 'best'."),
        ({"options": []}, "options is [], expected a dictionary."),
        ({"filename": None}, "filename is None, expected a string."),
        ({"filename": ["photo.png"]}, "filename and predicted_filename - both must be str or list."),
        ({"filename": "gone.png"}, "Path does not exist."),
        ({"model_path": "gone.pt2"}, "Path does not exist."),
        ({"predicted_filename": "photo.txt"}, "Path does not exist."),
        ({"model_path": "."}, "This is a folder; expected the file of a model."),
        ({"filename": "."}, "photo"),
        ({"model_path": "model.pkl"}, "Nothing says how the network of these weights is built."),
        ({"model_path": "pickled.pth"}, "The file is a full pickle"),
        ({"predicted_filename": "pickled.npy"}, "no .npy file of numbers"),
        ({"predicted_filename": "nan.npy"}, "holds a value that is no finite number"),
        ({"predicted_filename": "large.npy"}, "values from 0 to 7, expected 0 to 1"),
        ({"predicted_filename": "flat.npy"}, "The prediction holds 5 classes; expected those of the model: 2"),
        ({"filename": "broken.png"}, "broken.png"),
        ({"options": {"xai_image_path": "map.gif"}}, "xai_image_path ends in '.gif'"),
        ({"options": {"gradcam_layer": "nowhere"}}, ""),
    ],
)
def test_bad_input_is_answered_with_a_sentence(things, change, message, monkeypatch):
    monkeypatch.chdir(things)
    (things / "model.pkl").write_bytes(pickle.dumps(1))
    (things / "pickled.pth").write_bytes(pickle.dumps(Path("x")))
    (things / "pickled.json").write_text('{"builder": "resnet18"}')
    np.save(things / "pickled.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(things / "nan.npy", np.full((4, 4), np.nan))
    np.save(things / "large.npy", np.arange(8.0).reshape(2, 4))
    np.save(things / "flat.npy", np.full((2, 2, 5), 0.2))
    (things / "broken.png").write_bytes(b"no picture")
    call = {"filename": "photo.png", "model_path": "model.pt2", "predicted_filename": "sure0.npy", **change}
    if message == "photo":  # a folder is no picture
        message = "."
    answer = ez_xai_image_explain(**call)
    if change == {"options": {"gradcam_layer": "nowhere"}}:  # a score needs no picture
        assert answer["success"]
        assert "no layer named 'nowhere'" in answer["explanations"]["explanation"]
        return
    assert answer["success"] is False
    assert message in answer["message"]
    assert "Internal" not in answer["message"]


def test_tables_that_cannot_be_used_are_told(things, tmp_path):
    def ask(table: Path) -> str:
        answer = ez_image_model_evaluate(str(table), str(things / "model.pt2"))
        assert answer["success"] is False
        return answer["message"]

    write_table(things, [])
    assert "no row with an image and a label" in ask(things / "table.csv")
    (tmp_path / "bare.csv").write_text("image,mask\na,b")
    assert "lacks inputs and labels" in ask(tmp_path / "bare.csv")
    (tmp_path / "lost.csv").write_text("inputs,labels\ngone.png,gone.png")
    assert "None of the 1 images can be read" in ask(tmp_path / "lost.csv")
    (tmp_path / "maskless.csv").write_text(f"inputs,labels\n{things / 'photo.png'},gone.png")
    assert "There is no mask gone.png" in ask(tmp_path / "maskless.csv")
    assert "expected a .csv file" in ask(tmp_path)


def test_an_error_in_here_is_answered_too(things, monkeypatch, caplog):
    def fail(_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("services.eazyml.explain", fail)
    assert explain(things) == {"success": False, "message": "Internal server error. The log tells more."}
    assert "ZeroDivisionError" in caplog.text
