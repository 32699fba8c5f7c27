"""A home of its own for every test, the command line as a function, tiny models and odd images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torchvision.models import get_model

from cli.__main__ import main
from predictors.architectures import DemoFacts, build_demo_classifier, build_demo_detector

torch.set_num_threads(1)

FRUITS = ("apple", "banana", "cherry")


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


RunCLI = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything of the user goes here, and nowhere else."""
    monkeypatch.setenv("RELOOK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def run_cli(capsys: pytest.CaptureFixture[str]) -> RunCLI:
    """Run a command in this process; its arguments may be paths."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return run


def save_photo(path: Path, *, seed: int = 0, size: tuple[int, int] = (80, 60), **options: object) -> Path:
    """A photo of soft noise with a bright square."""
    rng = np.random.default_rng(seed)
    width, height = size
    pixels = rng.integers(60, 120, (height, width, 3), dtype=np.uint8)
    pixels[height // 4 : height // 2, width // 4 : width // 2] = rng.integers(120, 256, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three photos, one of them in a subfolder."""
    for number, name in enumerate(("a.jpg", "b.png", "sub/c.jpg")):
        save_photo(tmp_path / "photos" / name, seed=number)
    return tmp_path / "photos"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """squeezenet.pth with classes.txt, and demo models with random weights."""
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(1)
    squeezenet = get_model("squeezenet1_1", weights=None, num_classes=3)
    torch.nn.init.constant_(squeezenet.classifier[1].bias, 2.0)  # so that every class has evidence
    torch.save(squeezenet.state_dict(), folder / "squeezenet.pth")
    (folder / "classes.txt").write_text("\n".join(FRUITS))
    facts = DemoFacts("demo_classifier", "image_classification_multilabel", FRUITS, height=64, width=48)
    network = build_demo_classifier(3, seed=1)
    save_file(network.state_dict(), folder / "multilabel.safetensors", metadata=facts.to_metadata())
    facts = DemoFacts("demo_detector", "image_instance_segmentation", FRUITS, height=120, width=160)
    detector = build_demo_detector(3, seed=1)
    save_file(detector.state_dict(), folder / "detector.safetensors", metadata=facts.to_metadata())
    return folder


@pytest.fixture
def classifier(models: Path) -> list[object]:
    """The options of a multi-class model."""
    return [
        *("--model", "torchvision/squeezenet1_1", "--weights", models / "squeezenet.pth"),
        *("--classes", models / "classes.txt", "--resize", 48, "--crop", 48),
    ]


@pytest.fixture
def detector(models: Path) -> list[object]:
    """The options of a model of boxes and polygons."""
    return ["--model", "demo/detector", "--weights", models / "detector.safetensors"]
