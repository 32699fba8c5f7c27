import pytest

from domain.errors import InputError, UnknownNameError
from explainers import Explainer
from explainers.gradcam import GradCAM
from explainers.lime import LIME
from explainers.parameters import Parameter, build_explainer, describe_parameters, read_value
from explainers.xrai import XRAI


def test_parameters_are_read_from_the_fields_of_the_class():
    steps, fast, _ = describe_parameters(XRAI)

    assert (steps.name, steps.type, steps.default, steps.minimum, steps.maximum) == ("n_steps", int, 50, 2, 1000)
    assert (fast.name, fast.type, fast.default, fast.choices) == ("xrai_fast", bool, False, ())
    choices = {parameter.name: parameter.choices for parameter in describe_parameters(LIME)}
    assert choices["fill"] == ("mean", "blur", "grey")


def test_a_method_is_built_with_defaults_for_what_is_not_said():
    assert build_explainer("gradcam", {}) == GradCAM()
    assert build_explainer("lime", {"samples": 64}) == LIME(samples=64)


def test_text_from_a_command_line_is_read_in_the_type_of_the_parameter():
    assert build_explainer("xrai", {"n_steps": "20", "xrai_fast": "yes"}) == XRAI(n_steps=20, xrai_fast=True)
    assert build_explainer("gradcam", {"layer": "7"}) == GradCAM(layer="7")


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("xrai", {"n_steps": 1}, "The parameter 'n_steps' of 'xrai' is 1; expected 2 to 1000. Its default is 50."),
        ("xrai", {"n_steps": "many"}, "The parameter 'n_steps' of 'xrai' is 'many'; expected a whole number."),
        ("xrai", {"n_steps": 2.5}, "is 2.5; expected a whole number."),
        ("xrai", {"n_steps": float("nan")}, "is nan; expected a whole number."),
        ("xrai", {"n_steps": True}, "is True; expected a whole number."),
        ("xrai", {"n_steps": None}, "is None; expected a whole number."),
        ("xrai", {"xrai_fast": 2}, "is 2; expected true or false."),
        ("lime", {"fill": "pink"}, "is 'pink'; expected one of mean, blur, grey. Its default is 'mean'."),
        ("gradcam", {"layer": 3}, "is 3; expected text."),
        ("lime", {"sample": 3}, "has no parameter named 'sample'. Known: samples, "),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_was_expected(name, values, message):
    with pytest.raises(InputError) as caught:
        build_explainer(name, values)

    assert message in str(caught.value)


def test_an_unknown_method_lists_the_known_ones():
    with pytest.raises(
        UnknownNameError, match=r"no explanation method named 'grad'\. Known: .*gradcam, .*lime, .*xrai"
    ):
        build_explainer("grad", {})


@pytest.mark.parametrize(
    ("minimum", "maximum", "expected"), [(0.1, None, "at least 0.1"), (None, 2, "at most 2"), (0, 2, "0 to 2")]
)
def test_numbers_have_one_limit_or_two(minimum, maximum, expected):
    parameter = Parameter("spread", float, 1.0, "Wide.", minimum, maximum)

    assert read_value(parameter, 1, method="x") == 1.0
    with pytest.raises(InputError, match=f"expected {expected}"):
        read_value(parameter, -3 if maximum is None else 3, method="x")


def test_a_class_without_fields_has_no_parameters():
    assert describe_parameters(Explainer) == ()


@pytest.mark.parametrize("value", ["nan", float("inf"), "1e999"])
def test_a_number_is_a_finite_one(value):
    with pytest.raises(InputError, match="expected a number"):
        read_value(Parameter("spread", float, 1.0, "Wide."), value, method="x")
