"""The parameters of a method, read from its class: forms, command line and documentation are made from this."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast, get_type_hints

from domain.errors import InputError
from domain.explanation import ParameterValue
from explainers.base import EXPLAINERS, Explainer

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}
_EXPECTED = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a method.

    Attributes:
        name: The field of the class, and the key in stored explanations.
        type: `bool`, `int`, `float` or `str`.
        default: Its value when nothing is said.
        help: What it does, full sentences.
        minimum: Smallest value allowed, or None.
        maximum: Largest value allowed, or None.
        choices: The only values allowed; empty when any is.
    """

    name: str
    type: type[ParameterValue]
    default: ParameterValue
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


def describe_parameters(cls: type[Explainer]) -> tuple[Parameter, ...]:
    """Return the parameters of a method in the order of its fields; none when it has no fields."""
    if not dataclasses.is_dataclass(cls):
        return ()
    hints = get_type_hints(cls)
    return tuple(
        Parameter(
            name=field.name,
            type=hints[field.name],
            default=cast("ParameterValue", field.default),
            help=field.metadata["help"],
            minimum=field.metadata.get("min"),
            maximum=field.metadata.get("max"),
            choices=tuple(field.metadata.get("choices", ())),
        )
        for field in dataclasses.fields(cls)
    )


def build_explainer(name: str, values: Mapping[str, object]) -> Explainer:
    """Return the method `name` with the given parameters, the others at their defaults.

    Args:
        name: Registry name, e.g. "lime".
        values: Parameter name -> value, or its text as typed on a command line.

    Raises:
        UnknownNameError: No such method, or it has no such parameter.
        InputError: A value has the wrong type or lies outside its limits.
    """
    cls = EXPLAINERS[name]
    parameters = {parameter.name: parameter for parameter in describe_parameters(cls)}
    for given in values:
        if given not in parameters:
            raise InputError(
                f"The method '{name}' has no parameter named '{given}'.",
                remedy=f"Known: {', '.join(parameters)}." if parameters else "It has none.",
            )
    return cls(**{given: read_value(parameters[given], value, method=name) for given, value in values.items()})


def read_value(parameter: Parameter, value: object, *, method: str) -> ParameterValue:
    """Return `value` in the parameter's type.

    Raises:
        InputError: It has another type or lies outside the limits; the message says which.
    """
    read = _convert(parameter.type, value)
    if read is None:
        raise _refusal(parameter, value, method, _EXPECTED[parameter.type])
    if parameter.choices and read not in parameter.choices:
        raise _refusal(parameter, value, method, f"one of {', '.join(parameter.choices)}")
    if not isinstance(read, str) and not _is_within(read, parameter):
        raise _refusal(parameter, value, method, _limits(parameter))
    return read


def _refusal(parameter: Parameter, value: object, method: str, expected: str) -> InputError:
    return InputError(
        f"The parameter '{parameter.name}' of '{method}' is {value!r}; expected {expected}.",
        remedy=f"Its default is {parameter.default!r}.",
    )


def _convert(kind: type[ParameterValue], value: object) -> ParameterValue | None:
    if kind is str:
        return value if isinstance(value, str) else None
    if kind is bool:
        return _convert_bool(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number) or (kind is int and not number.is_integer()):
        return None
    return int(number) if kind is int else number


def _convert_bool(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else ""
    return True if text in _TRUE else False if text in _FALSE else None


def _is_within(value: float, parameter: Parameter) -> bool:
    is_high_enough = parameter.minimum is None or value >= parameter.minimum
    return is_high_enough and (parameter.maximum is None or value <= parameter.maximum)


def _limits(parameter: Parameter) -> str:
    if parameter.maximum is None:
        return f"at least {parameter.minimum:g}"
    if parameter.minimum is None:
        return f"at most {parameter.maximum:g}"
    return f"{parameter.minimum:g} to {parameter.maximum:g}"
