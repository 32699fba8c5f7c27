"""What a request says about the explanations it wants (formats.md 3.1)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from domain.errors import FormatError
from formats.azure.numbers import read_number
from formats.azure.report import shown

ALGORITHMS = ("xrai", "integrated_gradients", "guided_gradcam", "guided_backprop")
APPROXIMATIONS = ("riemann_middle", "gausslegendre", "riemann_left", "riemann_right", "riemann_trapezoid")
_STEPPING = {"xrai", "integrated_gradients"}
_TRUE = {"y", "yes", "t", "true", "on", "1"}
_FALSE = {"n", "no", "f", "false", "off", "0"}
_WITHOUT_GRADCAM = {"vitb16r224", "vits16r224", "vitl16r224"}


@dataclass(frozen=True, slots=True)
class XaiParameters:
    """The parameters of a call for explanations; what a request leaves out has the platform's default.

    Attributes:
        xai_algorithm: One of `ALGORITHMS`.
        visualizations: Whether pictures are wanted.
        attributions: Whether the numbers are wanted.
        confidence_score_threshold_multilabel: Classes at or above it are explained; multi-label only.
        n_steps: Steps on the path of the gradients; xrai and integrated_gradients only.
        xrai_fast: Whether the fast version of XRAI is wanted; xrai only.
        approximation_method: One of `APPROXIMATIONS`; integrated_gradients only.
    """

    xai_algorithm: str = "xrai"
    visualizations: bool = True
    attributions: bool = False
    confidence_score_threshold_multilabel: float = 0.5
    n_steps: int = 50
    xrai_fast: bool = True
    approximation_method: str = "riemann_middle"

    @classmethod
    def parse(cls, value: Any) -> XaiParameters:
        """Read `xai_parameters` as it stands in a request.

        Only what the algorithm uses is looked at. Unknown keys are ignored, as the platform does.

        Args:
            value: The parsed object; None when the request has none.

        Raises:
            FormatError: A value cannot be used; the message starts with the platform's own words.
        """
        if value is None:
            return cls()
        if not isinstance(value, dict):
            raise FormatError(f"Invalid xai_parameters {shown(value)}.", remedy="Write an object, or leave it out.")
        algorithm = _read_algorithm(value.get("xai_algorithm", cls().xai_algorithm))
        used = {key: value[key] for key in _keys_of(algorithm) if key in value}
        return cls(xai_algorithm=algorithm, **{key: _READERS[key](key, given) for key, given in used.items()})

    def as_fields(self) -> dict[str, Any]:
        """The object of a request: the three keys of every call, and what the algorithm uses beside its defaults."""
        common = ("xai_algorithm", "visualizations", "attributions")
        used = {"xai_algorithm", *_keys_of(self.xai_algorithm)}
        plain = XaiParameters()
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.name in common or (each.name in used and getattr(self, each.name) != getattr(plain, each.name))
        }

    def check_model(self, model_name: str) -> None:
        """Refuse what the platform cannot do with a model.

        Raises:
            FormatError: guided_gradcam for a vision transformer.
        """
        if self.xai_algorithm == "guided_gradcam" and model_name.lower() in _WITHOUT_GRADCAM:
            raise FormatError(
                f"guided_gradcam doesn't support {model_name}, a vision transformer.",
                remedy="Choose xrai, integrated_gradients or guided_backprop.",
            )


def parse_truth(value: Any) -> bool:
    """Read `model_explainability`: a boolean, or one of the words the platform takes for one.

    Raises:
        FormatError: It is none of them.
    """
    word = str(value).lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise FormatError(f"Invalid truth value {shown(value)} for model_explainability.", remedy="Write true or false.")


def _keys_of(algorithm: str) -> tuple[str, ...]:
    """The parameters an algorithm looks at, its own name aside."""
    common = ("visualizations", "attributions", "confidence_score_threshold_multilabel")
    steps = ("n_steps",) if algorithm in _STEPPING else ()
    own = {"xrai": ("xrai_fast",), "integrated_gradients": ("approximation_method",)}.get(algorithm, ())
    return (*common, *steps, *own)


def _read_algorithm(value: Any) -> str:
    name = value.lower() if isinstance(value, str) else value
    if name not in ALGORITHMS:
        raise FormatError(
            f"Invalid explainability algorithm name {shown(value)}.", remedy=f"Write one of {', '.join(ALGORITHMS)}."
        )
    return name


def _read_boolean(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise FormatError(f"Invalid boolean value for {key}: {shown(value)}.", remedy="Write true or false.")
    return value


def _read_threshold(key: str, value: Any) -> float:
    number = None if isinstance(value, str) else read_number(value)
    if number is None:
        raise FormatError(f"Invalid value for {key}: {shown(value)}.", remedy="Write a number from 0 to 1.")
    return number


def _read_steps(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 2:
        raise FormatError(f"Invalid value for {key}: {shown(value)}.", remedy="Write a whole number from 2.")
    return value


def _read_approximation(key: str, value: Any) -> str:
    if value not in APPROXIMATIONS:
        raise FormatError(
            f"Invalid value for {key}: {shown(value)}.", remedy=f"Write one of {', '.join(APPROXIMATIONS)}."
        )
    return value


_READERS = {
    "visualizations": _read_boolean,
    "attributions": _read_boolean,
    "confidence_score_threshold_multilabel": _read_threshold,
    "n_steps": _read_steps,
    "xrai_fast": _read_boolean,
    "approximation_method": _read_approximation,
}
