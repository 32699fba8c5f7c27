"""The whole training of the demo models, on a handful of scenes."""

from __future__ import annotations

from pathlib import Path

from predictors.architectures import DemoFacts, build_demo_classifier, build_demo_detector
from services.train_demo import MODELS, train_demo_models
from training.checkpoint import load_checkpoint


def test_all_three_models_are_trained_saved_and_loadable(tmp_path: Path) -> None:
    seen: list[int] = []
    losses = train_demo_models(
        tmp_path, seed=3, singles=8, scenes=8, report=lambda done, total: seen.append(done * 1000 // total)
    )
    assert set(losses) == {"trunk", *MODELS}
    assert seen == sorted(seen)
    assert seen[-1] == 1000
    assert losses["trunk"][-1] < losses["trunk"][0]
    assert losses["detector"][-1] < losses["detector"][0]
    for name in MODELS:
        module = build_demo_detector(4) if name == "detector" else build_demo_classifier(4)
        facts = DemoFacts.from_metadata(load_checkpoint(module, tmp_path / f"{name}.safetensors"))
        assert facts.classes == ("can", "carton", "milk_bottle", "water_bottle")
