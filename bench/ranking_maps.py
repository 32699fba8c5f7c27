"""Print how early orders made from saliency maps find the demo's planted errors, beside the default order.

On seeds that `bench.ranking` does not report; intervals are paired. What is drawn and predicted stays in --folder,
which both benchmarks share.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from bench.ranking import FOLDER, say, sheet_of
from bench.ranking_demo import Case, make_demo_case, pictures_of
from bench.ranking_figures import Trials, average_precision, looks_per_error
from bench.ranking_map_orders import Orders, order_classes, order_objects
from domain.prediction import Task
from sampling import DEFAULTS, STRATEGIES
from sampling.sheets import Floats

SEEDS = (1, 2, 3)
MIXES = (0.1, 0.3)
"""How much of an order by maps is mixed into the default."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.ranking_maps", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--images", type=int, default=200, help="of the demo, each task and seed (default: 200)")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--tasks", type=Task, nargs="+", default=list(Task), choices=list(Task))
    arguments = parser.parse_args()
    for task in arguments.tasks:
        cases = [make_demo_case(arguments.folder, task, seed=each, images=arguments.images) for each in arguments.seeds]
        order = order_objects if task.has_objects else order_classes
        print_table(cases, [order(case, pictures_of(arguments.folder, case)) for case in cases])


def print_table(cases: Sequence[Case], found: Sequence[Orders]) -> None:
    """Print each order, alone and mixed into the default, and how much more average precision it has than that."""
    task, trials = cases[0].task, Trials([case.wrong for case in cases])
    default = [STRATEGIES[DEFAULTS[task]].rank(sheet_of(case)).scores for case in cases]
    rows: dict[str, Sequence[Floats]] = {f"{DEFAULTS[task]} (default)": default}
    for name in found[0]:
        rows[name] = [orders[name] for orders in found]
        for share in MIXES:
            pairs = zip(default, rows[name], strict=True)
            rows[f"{name}: {share:.0%}, the rest the default"] = [
                (1 - share) * each + share * own for each, own in pairs
            ]
    images, errors = sum(len(case.kinds) for case in cases), sum(int(case.wrong.sum()) for case in cases)
    print(f"\n## Demo, {task.in_words}, seeds {', '.join(str(case.seed) for case in cases)}\n")
    print(f"{images:,} images, {errors} hold an error.\n")
    heads = ("order", "average precision", "images for one that holds an error", "minus the default")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for name, scores in rows.items():
        cells = (
            say(trials.measure(average_precision, scores)),
            say(trials.measure(looks_per_error, scores)),
            say(trials.measure(average_precision, scores, than=default), signed=True),
        )
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
