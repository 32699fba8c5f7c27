import json

import numpy as np
import pytest

from tests.semantic_models import CLASSES, save_exported, save_things


@pytest.fixture
def things(tmp_path):
    save_exported(tmp_path / "model.pt2")
    (tmp_path / "model.json").write_text(json.dumps({"classes": list(CLASSES)}))
    save_things(tmp_path / "photo.png")
    for number in range(2):
        np.savez(tmp_path / f"said{number}.npz", np.full((8, 8, 2), [0.1, 0.8 - 0.2 * number]))
    return tmp_path


def test_the_answers_of_the_functions_are_printed_as_json(run_cli, things):
    assert json.loads(run_cli("eazyml", "init").out)["success"] is True
    options = {"xai_image_path": str(things / "map.png")}
    call = ("--model-path", things / "model.pt2", "--filename", things / "photo.png")
    result = run_cli(
        *("eazyml", "explain", *call, "--predicted-filename", things / "said0.npz", "--options", json.dumps(options))
    )
    assert (result.code, result.err) == (0, "")
    answer = json.loads(result.out)
    assert answer["explanations"] == {"explanation": str(things / "map.png"), "confidence": 80}
    (things / "options.json").write_text('{"query_count": 1}')
    result = run_cli(
        *("eazyml", "active-learning", *call, things / "photo.png", "--options", f"@{things / 'options.json'}"),
        *("--predicted-filename", things / "said0.npz", things / "said1.npz"),
    )
    assert json.loads(result.out)["query_info"] == {"query_indices": [1], "query_scores": [60.0]}


def test_what_is_wrong_is_answered_and_told_by_the_exit_code(run_cli, things):
    result = run_cli("eazyml", "explain")
    assert result.code == 1
    assert json.loads(result.out) == {"success": False, "message": "filename is None, expected a string."}
    result = run_cli("eazyml", "evaluate", "--model-path", things / "model.pt2", "--data-path", things / "gone.csv")
    assert json.loads(result.out)["message"].endswith("gone.csv - Path does not exist.")
    result = run_cli("eazyml", "evaluate", "--options", "{")
    assert (result.code, result.out) == (1, "")
    assert "The options are no JSON" in result.err
