"""Maps that an endpoint computes itself, where the model is only reached over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol, runtime_checkable

from domain.errors import ExplanationError
from domain.explanation import Heatmap, Region, RGBImage, Target
from domain.prediction import Instance, ModelInfo
from domain.progress import Report, ignore_progress
from explainers.base import EXPLAINERS, Explainer, Saliency
from explainers.checks import check_map


@runtime_checkable
class ExplainsItself(Protocol):
    """A model behind an endpoint that gives maps too."""

    @property
    def info(self) -> ModelInfo: ...

    def explain_by_endpoint(
        self, image: RGBImage, label: str, instance: Instance | None, *, method: str, seed: int
    ) -> tuple[Heatmap, Region, tuple[str, ...]]:
        """Return a map, where it lies on `image`, and what a reader should know."""
        ...


@dataclass(frozen=True, slots=True)
class EndpointMaps(Explainer):
    """The endpoint's own map. Relook's endpoints have all methods that fit the model, Azure's have four of classes."""

    title: ClassVar[str] = "The endpoint's own"
    summary: ClassVar[str] = "Asks the endpoint for the map; nothing is computed here."
    paper: ClassVar[str] = "https://learn.microsoft.com/azure/machine-learning/how-to-auto-train-image-models"

    method: str = field(
        default="",
        metadata={
            "help": "The endpoint's name of its method: xrai, integrated_gradients, guided_gradcam or "
            "guided_backprop, or any method of another Relook. Empty: its usual one.",
        },
    )

    @classmethod
    def why_not(cls, model: object) -> str:
        return "" if isinstance(model, ExplainsItself) else "Only an endpoint can be asked for maps of its own."

    def passes(self, model: object) -> tuple[int, int]:  # noqa: ARG002  the same for every endpoint
        return 1, 0

    def explain(
        self,
        model: object,
        image: RGBImage,
        target: Target,
        *,
        instance: Instance | None = None,
        seed: int = 0,
        report: Report = ignore_progress,
    ) -> Saliency:
        if not isinstance(model, ExplainsItself):
            raise ExplanationError(self.why_not(model))
        report(0, 1)
        heatmap, region, warnings = model.explain_by_endpoint(
            image, target.label, instance, method=self.method, seed=seed
        )
        report(1, 1)
        checked = check_map(heatmap, label=target.label, source="the endpoint's answer", remedy="Try another method.")
        return Saliency(checked, region, forward_passes=1, warnings=warnings)


EXPLAINERS.register("endpoint", EndpointMaps)
