from pathlib import Path

from domain.model_spec import ModelSpec
from services.model_shelf import ModelShelf
from tests.hugging_face_zoo import change_json, save_folder


def test_a_model_is_loaded_once_until_its_folder_is_written_anew(tmp_path: Path) -> None:
    shelf, spec = ModelShelf(), ModelSpec(f"hf/{save_folder('vit', tmp_path / 'vit')}")
    first = shelf.take(spec)

    assert shelf.take(spec) is first

    change_json(tmp_path / "vit" / "config.json", layer_norm_eps=0.125)

    assert not shelf.holds(spec)
    assert shelf.take(spec).info.model_id != first.info.model_id
