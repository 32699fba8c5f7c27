"""Print how early each strategy finds wrong labels: on the demo's planted errors, and on real photos with noise.

Every prediction is out of sample: the demo models were trained on scenes of another seed, and photos are predicted by
cross-validation. Five seeds each; 95 % intervals draw the images of each seed anew, all strategies meeting the same
draws, so that differences are paired. What is drawn and predicted stays in --folder. Photos need `RELOOK_TEST_DATA`,
the comparison cleanlab (make peers).
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.ranking_demo import Case, make_demo_case
from bench.ranking_figures import Trials, average_precision, looks_per_error, share_to_look_at
from bench.ranking_fridge import make_fridge_cases
from bench.ranking_peers import describe_peers, list_peers
from bench.report import print_head, print_row
from demo.backdrops import HEIGHT, WIDTH
from demo.recipe import TRAINING_SEED
from domain.prediction import Task
from domain.trust import Estimate
from sampling import DEFAULTS, Sheet, strategies_for
from sampling.sheets import Floats
from services.ranking_sheets import make_class_sheet, make_object_sheet

FOLDER = Path.home() / ".cache" / "relook-bench" / "ranking"
SEEDS = range(11, 16)
NOISE = (0.05, 0.1, 0.2)
_LEAST_AP = 0.8
_MOST_LOOKS = 1.6

Rows = Mapping[str, Sequence[Floats]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.ranking", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--images", type=int, default=200, help="of the demo, each task and seed (default: 200)")
    parser.add_argument("--tasks", type=Task, nargs="+", default=list(Task), choices=list(Task), help="(default: all)")
    arguments = parser.parse_args()
    print(f"Seeds {SEEDS[0]} to {SEEDS[-1]}; the demo models learned from seed {TRAINING_SEED}. {describe_peers()}.")
    demo = {
        task: [make_demo_case(arguments.folder, task, seed=seed, images=arguments.images) for seed in SEEDS]
        for task in arguments.tasks
    }
    for task, cases in demo.items():
        print_table(f"Demo, {task.in_words}", task, cases)
    if Task.CLASSIFICATION in demo and (data := os.environ.get("RELOOK_TEST_DATA")):
        for noise in NOISE:
            cases = list(make_fridge_cases(Path(data), arguments.folder, noise=noise, seeds=SEEDS))
            print_table(cases[0].name.capitalize(), Task.CLASSIFICATION, cases)
    print("\n## Bars\n")
    print_head()
    for task, cases in demo.items():
        print_bars(task, cases)


def print_table(title: str, task: Task, cases: Sequence[Case]) -> None:
    """Print the figures of every strategy, and of each kind of error alone."""
    sheets, trials = [sheet_of(case) for case in cases], Trials([case.wrong for case in cases])
    own, peers = rank_all(task, sheets)
    images, errors = sum(len(case.kinds) for case in cases), sum(int(case.wrong.sum()) for case in cases)
    kinds = sorted({kind for case in cases for kind in case.kinds if kind})
    heads = ["strategy", "average precision", "share to look at for 80 %", "images for one that holds an error"]
    heads += [f"minus cleanlab's {name}" for name in peers] + (kinds if len(kinds) > 1 else [])
    print(f"\n## {title}\n\n{images:,} images, {errors} hold an error.\n")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for name, scores in {**own, **{f"cleanlab: {name}": scores for name, scores in peers.items()}}.items():
        cells = [
            f"{name}{' (default)' if name == DEFAULTS[task] else ''}",
            say(trials.measure(average_precision, scores)),
            say(trials.measure(share_to_look_at, scores), percent=True),
            say(trials.measure(looks_per_error, scores)),
            *(say(trials.measure(average_precision, scores, than=peer), signed=True) for peer in peers.values()),
        ]
        cells += [f"{kind_precision(cases, scores, kind):.2f}" for kind in kinds] if len(kinds) > 1 else []
        print(f"| {' | '.join(cells)} |", flush=True)


def print_bars(task: Task, cases: Sequence[Case]) -> None:
    """Print whether the default meets what is asked of it."""
    sheets, trials = [sheet_of(case) for case in cases], Trials([case.wrong for case in cases])
    own, peers = rank_all(task, sheets)
    scores, name = own[DEFAULTS[task]], f"{task.in_words}, {DEFAULTS[task]}"
    precision, looks = trials.measure(average_precision, scores), trials.measure(looks_per_error, scores)
    if task is Task.CLASSIFICATION and precision:
        bar = f"at least {_LEAST_AP:.2f}"
        print_row(f"{name}: average precision", say(precision), bar=bar, is_met=precision.value >= _LEAST_AP)
    for peer, theirs in peers.items():
        if gain := trials.measure(average_precision, scores, than=theirs):
            # Two orders that cannot be told apart are equally good; a lower one has an interval below 0.
            print_row(
                f"{name}: minus {peer}", say(gain, signed=True), bar="interval not below 0", is_met=gain.high >= 0
            )
    if looks:
        print_row(
            f"{name}: images for one that holds an error, until 80 % are found",
            say(looks),
            bar=f"at most {_MOST_LOOKS}",
            is_met=looks.value <= _MOST_LOOKS,
        )


def sheet_of(case: Case) -> Sheet:
    """The case as strategies see it."""
    if case.task.has_objects:
        sheet = make_object_sheet(case.given, case.predicted, [(WIDTH, HEIGHT)] * len(case.given), seed=case.seed)
    else:
        is_multilabel = case.task is Task.MULTILABEL
        sheet = make_class_sheet(case.given, case.predicted, is_multilabel=is_multilabel, seed=case.seed)
    return replace(sheet, embeddings=case.embeddings)


def rank_all(task: Task, sheets: Sequence[Sheet]) -> tuple[Rows, Rows]:
    """Scores of each sheet by Relook's strategies, and by cleanlab."""
    own = {name: [each.rank(sheet).scores for sheet in sheets] for name, each in strategies_for(task).items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return own, {name: [rank(sheet) for sheet in sheets] for name, rank in list_peers(task).items()}


def kind_precision(cases: Sequence[Case], scores: Sequence[Floats], kind: str) -> float:
    """Mean average precision with the images of one kind of error among the right ones."""
    found = []
    for case, each in zip(cases, scores, strict=True):
        kept = np.array([given in {"", kind} for given in case.kinds])
        found.append(average_precision(each[kept], case.wrong[kept], np.ones((1, int(kept.sum())), np.int64))[0])
    return float(np.nanmean(found))


def say(figure: Estimate | None, *, percent: bool = False, signed: bool = False) -> str:
    """A figure with its interval."""
    if figure is None:
        return "–"
    pattern = ".1%" if percent else "+.3f" if signed else ".3f"
    return f"{figure.value:{pattern}} ({figure.low:{pattern}} to {figure.high:{pattern}})"


if __name__ == "__main__":
    main()
