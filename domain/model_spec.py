"""Which model to load, and how: what a person types, before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import InputError


class InputOrientation(StrEnum):
    """How an image with an EXIF orientation is fed to a model."""

    STORED = "stored"
    UPRIGHT = "upright"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model by name, with its files and preprocessing.

    Attributes:
        name: "torchvision/NAME", "torchscript/FILE", "hf/DIR" or "demo/NAME".
        weights: Path of a checkpoint, or the name of torchvision's own weights ("DEFAULT", "IMAGENET1K_V2").
        classes: Path of a text file (a name a line) or JSON file with the class names; empty for the model's own.
        task: A `Task` value for models that do not tell theirs; empty to let the predictor decide.
        resize: Short side in pixels before cropping; None for the model's own.
        crop: Side of the centre crop in pixels; None for the model's own.
        mean: Per channel, of pixels in [0, 1]; None for the model's own.
        std: Per channel, of pixels in [0, 1]; None for the model's own.
        orientation: Whether the network sees the stored grid or the upright picture.
        device: "auto", "cpu" or "cuda".
    """

    name: str
    weights: str = ""
    classes: str = ""
    task: str = ""
    resize: int | None = None
    crop: int | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    orientation: InputOrientation = InputOrientation.STORED
    device: str = "auto"

    @property
    def runtime(self) -> str:
        """The part before the first slash: the registry name of the predictor.

        Raises:
            InputError: There is no slash.
        """
        runtime, slash, rest = self.name.partition("/")
        if not slash or not rest:
            raise InputError(
                f"'{self.name}' is not a model name; expected RUNTIME/NAME.",
                remedy="Write for example torchvision/resnet50, torchscript/model.pt, hf/folder or demo/detector.",
            )
        return runtime

    @property
    def architecture(self) -> str:
        """The part after the first slash: a builder name, a file or a folder."""
        return self.name.partition("/")[2]
