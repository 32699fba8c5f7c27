"""What a person chooses before a model learns: which labels, which layers, how long."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import InputError, UnknownNameError

BEST = "best.safetensors"
"""The weights of the best epoch, in the folder of a training."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """Which images a model learns from.

    Attributes:
        title: In menus.
        summary: What it does, a full sentence.
        takes_untouched: Whether images that nobody reviewed are learned from too.
        trusts_untouched: Whether their labels count; else only what the parent says about them.
        distils: Whether the parent's scores are learned beside the labels.
        of_objects: The summary for models of boxes and polygons, where it is another one.
    """

    title: str
    summary: str
    takes_untouched: bool = False
    trusts_untouched: bool = False
    distils: bool = False
    of_objects: str = ""


@dataclass(frozen=True, slots=True)
class Mode:
    """What of a network learns.

    Attributes:
        title: In menus.
        summary: What it does, a full sentence.
        freezes: Whether only the last layers learn.
        drops: Whether features are left out at random before the last layer.
        of_objects: The summary for models of boxes and polygons, where it is another one.
        not_for_objects: Why such models cannot learn so, a full sentence; empty where they can.
    """

    title: str
    summary: str
    freezes: bool = False
    drops: bool = False
    of_objects: str = ""
    not_for_objects: str = ""


STRATEGIES = {
    "fine-tuning": Strategy("Reviewed images", "Learns from the labels of reviewed images alone."),
    "joint-training": Strategy(
        "All labelled images",
        "Learns from the labels of reviewed images and, as they are, from those nobody reviewed.",
        takes_untouched=True,
        trusts_untouched=True,
    ),
    "knowledge-distillation": Strategy(
        "Reviewed images, and the old model on the rest",
        "Learns from the labels of reviewed images, and from the scores of the old model on all images; labels nobody "
        "reviewed do not count (Hinton et al. 2015; Li and Hoiem 2016).",
        takes_untouched=True,
        distils=True,
        of_objects="Learns from the labels of reviewed images, and on the rest from the objects the old model is sure "
        "of; labels nobody reviewed do not count (after Shmelkov et al. 2017).",
    ),
}

MODES = {
    "normal": Mode("The whole network", "All layers learn."),
    "transfer-learning": Mode(
        "The last layers",
        "Only the last layers learn; the others stay as they are, with their statistics. Quick, and good for few "
        "images.",
        freezes=True,
        of_objects="With one layer, all but the backbone learns: what proposes objects, names them and outlines them. "
        "With more, so many less one of the backbone's last layers too.",
    ),
    "dropouts": Mode(
        "The whole network, with dropout",
        "All layers learn; some features are left out at random before the last one (Srivastava et al. 2014).",
        drops=True,
        not_for_objects="A detector has no single last layer before which features could be left out.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a model learns; refuses what cannot be.

    Attributes:
        strategy: A key of `STRATEGIES`.
        mode: A key of `MODES`.
        epochs: At most so many passes over the images.
        batch_size: Images a step.
        learning_rate: The highest one: it rises at first and falls along a cosine.
        weight_decay: Of AdamW, on kernels and matrices only.
        warm_up: Share of the steps in which the learning rate rises.
        patience: Epochs without a better figure after which learning ends; 0 to go on to the last.
        trainable_layers: For the mode that freezes: how many of the last layers learn.
        dropout: For the mode that drops: the share of features left out.
        distillation: For the strategy that distils: weight of the old model's scores beside the labels, 0 to 1.
        temperature: For the same: by which both are softened.
        evidence: Weight of what the score draws from outside the boxes (Ross et al. 2017, right for the right reasons);
            0 to leave that alone.
        smoothing: How much certainty labels give away, which wrong ones need.
        seed: Same seed and processor, same weights.
        device: "auto", "cpu" or "cuda".
    """

    strategy: str = "fine-tuning"
    mode: str = "normal"
    epochs: int = 12
    batch_size: int = 16
    learning_rate: float = 5e-4
    weight_decay: float = 0.02
    warm_up: float = 0.1
    patience: int = 4
    trainable_layers: int = 1
    dropout: float = 0.3
    distillation: float = 0.5
    temperature: float = 2.0
    evidence: float = 0.0
    smoothing: float = 0.05
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        for kind, name, known in (("strategy", self.strategy, STRATEGIES), ("mode", self.mode, MODES)):
            if name not in known:
                raise UnknownNameError(kind, name, known=list(known))
        for name, least, most in _LIMITS:
            value = getattr(self, name)
            if not least <= value <= most:  # NaN too
                raise InputError(
                    f"The {name.replace('_', ' ')} is {value}; expected {least:g} to {most:g}.",
                    remedy="Leave it out to take the usual one.",
                )

    @classmethod
    def usual(cls, *, has_objects: bool) -> Recipe:
        """What is chosen where a person chooses nothing, for models of boxes and polygons or of classes."""
        return cls(epochs=8, batch_size=4, learning_rate=2e-4) if has_objects else cls()

    def check_objects(self) -> None:
        """Raise unless models of boxes and polygons can learn so.

        Raises:
            InputError: They cannot; the message says why.
        """
        if self.layers.not_for_objects:
            raise InputError(self.layers.not_for_objects, remedy="Choose the mode normal or transfer-learning.")
        if self.evidence:
            raise InputError(
                "The weight of evidence outside the boxes is for classifiers: a detector learns the boxes themselves.",
                remedy="Leave it out.",
            )

    @property
    def data(self) -> Strategy:
        """Which images are learned from."""
        return STRATEGIES[self.strategy]

    @property
    def layers(self) -> Mode:
        """What of the network learns."""
        return MODES[self.mode]


_LIMITS = (
    ("epochs", 1, 1000),
    ("batch_size", 2, 1024),
    ("learning_rate", 1e-7, 1.0),
    ("weight_decay", 0.0, 1.0),
    ("warm_up", 0.0, 0.9),
    ("patience", 0, 1000),
    ("trainable_layers", 1, 1000),
    ("dropout", 0.01, 0.95),
    ("distillation", 0.0, 1.0),
    ("temperature", 0.1, 20.0),
    ("evidence", 0.0, 100.0),
    ("smoothing", 0.0, 0.5),
    ("seed", 0, 2**31 - 1),
)
