"""The whole training of the demo models, on a handful of scenes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from demo.recipe import draw_scenes, shrink
from domain.progress import ignore_progress
from predictors.architectures import DemoFacts, build_demo_classifier, build_demo_detector
from services.train_demo import DRAWN_SIZE, MODELS, SCENE_SIZE, train_demo_models, train_multilabel, train_trunk
from training.checkpoint import load_checkpoint

SEED, SCENES = 3, 8


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[float]], list[int]]:
    """The folder, the losses of each stage, and the progress that was told."""
    folder, seen = tmp_path_factory.mktemp("weights"), []
    losses = train_demo_models(
        folder, seed=SEED, singles=8, scenes=SCENES, report=lambda done, total: seen.append(done * 1000 // total)
    )
    return folder, losses, seen


def test_all_three_models_are_trained_saved_and_loadable(
    trained: tuple[Path, dict[str, list[float]], list[int]],
) -> None:
    folder, losses, seen = trained
    assert set(losses) == {"trunk", *MODELS}
    assert seen == sorted(seen)
    assert seen[-1] == 1000
    for stage in ("trunk", "detector", "multilabel"):
        assert losses[stage][-1] < losses[stage][0]
    for name in MODELS:
        module = build_demo_detector(4) if name == "detector" else build_demo_classifier(4)
        facts = DemoFacts.from_metadata(load_checkpoint(module, folder / f"{name}.safetensors"))
        assert facts.classes == ("can", "carton", "milk_bottle", "water_bottle")


def test_a_stage_comes_out_the_same_alone_whatever_was_drawn_before(
    trained: tuple[Path, dict[str, list[float]], list[int]], tmp_path: Path
) -> None:
    drawn = draw_scenes(SCENES, seed=SEED, size=DRAWN_SIZE)
    many = replace(drawn, images=shrink(drawn.images, SCENE_SIZE))
    trunk, _ = train_trunk(many, seed=SEED, report=ignore_progress)
    torch.rand(7)
    train_multilabel(trunk, many, tmp_path, seed=SEED, report=ignore_progress)
    whole, alone = ((folder / "multilabel.safetensors").read_bytes() for folder in (trained[0], tmp_path))
    assert alone == whole
