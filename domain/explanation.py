"""A saliency map and everything needed to draw it, trust it and repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

RGBImage = NDArray[np.uint8]
"""(H, W, 3), sRGB."""

Heatmap = NDArray[np.float32]
"""(h, w), raw, signed, on the method's own grid."""

ParameterValue = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Region:
    """The part of the stored pixel grid a map covers, in fractions; what lies outside was not seen by the model."""

    x_min: float = 0.0
    y_min: float = 0.0
    x_max: float = 1.0
    y_max: float = 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """What is explained: a class, or one object.

    Attributes:
        label: Class name.
        instance_id: The object, or None for the whole image.
    """

    label: str
    instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One map for one target.

    Attributes:
        heatmap: Raw signed values on the method's own grid; normalised only when drawn.
        region: Where the grid lies on the stored pixel grid.
        is_regional: The map is made of regions with sharp edges (XRAI, LIME): drawn with nearest neighbour.
        layer: The hooked layer, empty when there is none.
        parameters: Field name -> value of the method.
        forward_passes: Images pushed through the network.
        backward_passes: Images whose gradient was computed.
        completeness_gap: For integrated gradients, the share of the change in the score that the map misses.
        versions: Library name -> version.
        warnings: What a reader should know before trusting the map, full sentences.
    """

    image_id: str
    model_id: str
    method: str
    target: Target
    heatmap: Heatmap
    region: Region = Region()
    is_regional: bool = False
    layer: str = ""
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict[str, ParameterValue])
    seed: int = 0
    seconds: float = 0.0
    forward_passes: int = 0
    backward_passes: int = 0
    completeness_gap: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    warnings: tuple[str, ...] = ()
