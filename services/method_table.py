"""What every explanation method is, takes and asks, as a page for the docs: read from the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.methods import Method, list_methods

if TYPE_CHECKING:
    from explainers.parameters import Parameter


def describe(method: Method) -> tuple[str, str, str]:
    """Name with aliases, title, and what it shows."""
    return ", ".join([method.name, *method.aliases]), method.title, method.summary


def render_document() -> str:
    """The page docs/explanations.md."""
    methods = list_methods()
    head = "| Method | Name | Shows |\n|---|---|---|\n"
    table = "".join(f"| {_link(method)} | {_names(method)} | {method.summary} |\n" for method in methods)
    return f"{_HEAD}\n{head}{table}\n" + "\n".join(_section(method) for method in methods)


_HEAD = """# Explanation methods

Printed by `python -m cli methods --markdown`: these are the facts on the classes in `explainers/`. Which of them fit a
loaded model, and about how long each takes there, the Explain page says. Names in brackets are those of other software.
"""


def _section(method: Method) -> str:
    rows = "".join(
        f"| `{each.name}` | {_allowed(each)} | {each.default if each.default != '' else '–'} | {each.help} |\n"
        for each in method.parameters
    )
    table = f"\n| Parameter | Values | Default | |\n|---|---|---|---|\n{rows}" if rows else "\nNo parameters.\n"
    return f"## {method.title}\n\n{_names(method)}. {method.details}\n\nSource: <{method.paper}>\n{table}"


def _names(method: Method) -> str:
    aliases = "".join(f" (`{alias}`)" for alias in method.aliases)
    return f"`{method.name}`{aliases}"


def _link(method: Method) -> str:
    anchor = "".join(sign for sign in method.title.lower().replace(" ", "-") if sign.isalnum() or sign == "-")
    return f"[{method.title}](#{anchor})"


def _allowed(parameter: Parameter) -> str:
    if parameter.choices:
        return ", ".join(f"`{choice}`" for choice in parameter.choices)
    if parameter.type is bool:
        return "`true`, `false`"
    if parameter.minimum is None or parameter.maximum is None:
        return "text" if parameter.type is str else "a number"
    return f"{parameter.minimum:g} to {parameter.maximum:g}"
