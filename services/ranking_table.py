"""What every strategy looks at and what for, as a page for the docs: read from the register."""

from __future__ import annotations

import inspect

from domain.prediction import Task
from sampling import DEFAULTS, STRATEGIES, Strategy


def render_strategies() -> str:
    """The page docs/ranking.md."""
    rows = "".join(
        f"| {each.title} | `{each.name}` | {each.needs} | {_tasks(each)} | {each.summary} |\n"
        for each in STRATEGIES.values()
    )
    return f"{_HEAD}\n{rows}\n" + "\n".join(map(_section, STRATEGIES.values()))


def _section(strategy: Strategy) -> str:
    details = " ".join((inspect.getdoc(strategy.rank) or "").split())
    return f"## {strategy.title}\n\n`{strategy.name}`. {details}\n\nSee <{strategy.source}>.\n"


def _tasks(strategy: Strategy) -> str:
    return ", ".join(
        f"{task.in_words} (default)" if DEFAULTS[task] == strategy.name else task.in_words
        for task in Task
        if task in strategy.tasks
    )


_HEAD = """# In which order to look at images

A strategy gives each image of a project a score from 0 to 1, the highest to be looked at first, and says why in words:
`python -m cli queue --project NAME --strategy NAME`. Where a strategy compares labels with predictions, these should
come from a model that was not trained on the same images, since such a model repeats their errors. Images drawn by
chance are listed without a score, since none of them is worth more than another. How early each one finds wrong labels
is measured in [ranking-benchmarks.md](ranking-benchmarks.md). What a low score is good for, accepting many images at
once, and the decided examples beside an image stand in [review.md](review.md). This page is printed by
`python -m cli queue --strategies` from the facts on the functions in `sampling/`.

| Strategy | Name | Looks at | For | Puts first |
|---|---|---|---|---|"""
