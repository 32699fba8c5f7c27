"""The explanation methods: what menus, forms and the command line know about them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING

from domain.errors import InputError
from domain.explanation import ParameterValue
from services.slow_imports import importing_torch

if TYPE_CHECKING:
    from explainers import Explainer
    from explainers.parameters import Parameter
    from predictors import Predictor


@dataclass(frozen=True, slots=True)
class Method:
    """A method as menus, forms and the command line show it; its facts are those of its class."""

    name: str
    aliases: tuple[str, ...]
    title: str
    summary: str
    details: str
    paper: str
    parameters: tuple[Parameter, ...]
    shares_passes: bool
    explains_absence: bool


def list_methods(predictor: Predictor | None = None) -> list[Method]:
    """The methods Relook has, or those that can explain `predictor`, the cheapest first."""
    with importing_torch:
        from explainers import EXPLAINERS  # noqa: PLC0415
        from explainers.parameters import describe_parameters  # noqa: PLC0415

    methods = [
        Method(
            name,
            EXPLAINERS.aliases_of(name),
            cls.title,
            cls.summary,
            " ".join((inspect.getdoc(cls) or "").split()),
            cls.paper,
            describe_parameters(cls),
            shares_passes=cls.shares_passes,
            explains_absence=cls.explains_absence,
        )
        for name, cls in EXPLAINERS.items()
        if predictor is None or not cls.why_not(predictor)
    ]
    return methods if predictor is None else sorted(methods, key=lambda method: _cost(predictor, method.name))


def names_pixels(predictor: Predictor) -> bool:
    """Whether a model is a semantic one: it names the class of every pixel, and its objects are regions."""
    with importing_torch:
        from explainers.base import ScoresPixels  # noqa: PLC0415

    return isinstance(predictor, ScoresPixels)


def quickest_method(predictor: Predictor) -> str:
    """Return the name of the cheapest method that shows why a model says what it says.

    Raises:
        InputError: No method can explain this model.
    """
    for method in list_methods(predictor):
        if not method.explains_absence:
            return method.name
    raise InputError("No method can explain this model.", remedy="Load a model whose scores or inside can be reached.")


def find_method(name: str) -> Method:
    """Return the method of a name or an alias.

    Raises:
        UnknownNameError: There is none; the message lists the known ones.
    """
    with importing_torch:
        from explainers import EXPLAINERS  # noqa: PLC0415

    _ = EXPLAINERS[name]
    own_name = EXPLAINERS.own_name(name)
    return next(method for method in list_methods() if method.name == own_name)


def title_of(method: str) -> str:
    """The name of a method in menus."""
    with importing_torch:
        from explainers import EXPLAINERS  # noqa: PLC0415

    return EXPLAINERS[method].title


def build_method(predictor: Predictor, name: str, parameters: Mapping[str, ParameterValue]) -> Explainer:
    """Return a method with its parameters.

    Raises:
        InputError: It cannot explain this model, or a parameter is off.
    """
    explainer = _build_by_name(name, parameters)
    reason = type(explainer).why_not(predictor)
    if reason:
        others = ", ".join(method.name for method in list_methods(predictor))
        raise InputError(reason, remedy=f"Methods for this model: {others}." if others else "")
    return explainer


def _build_by_name(method: str, parameters: Mapping[str, ParameterValue]) -> Explainer:
    with importing_torch:
        from explainers.parameters import build_explainer  # noqa: PLC0415

    return build_explainer(method, parameters)


def estimate_seconds(
    predictor: Predictor, method: str, latency: float, parameters: Mapping[str, ParameterValue] | None = None
) -> float:
    """Return about how long `method` takes on a machine where one prediction takes `latency` seconds."""
    return latency * _cost(predictor, method, parameters)


def pass_cost(predictor: Predictor, method: str, parameters: Mapping[str, ParameterValue] | None = None) -> float:
    """Return what one pass of a method costs where one of the model's own costs 1."""
    return _build_by_name(method, parameters or {}).pass_cost(predictor)


def _cost(predictor: Predictor, method: str, parameters: Mapping[str, ParameterValue] | None = None) -> float:
    """In forward passes; a backward pass takes about twice as long."""
    explainer = _build_by_name(method, parameters or {})
    forward, backward = explainer.passes(predictor)
    return (forward + 2 * backward) * explainer.pass_cost(predictor)


def parameters_of(explainer: Explainer) -> dict[str, ParameterValue]:
    """Return the parameters of a method, those at their defaults too."""
    return (
        {field.name: getattr(explainer, field.name) for field in fields(explainer)} if is_dataclass(explainer) else {}
    )
