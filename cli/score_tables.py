"""The numbers of an evaluation as text."""

from __future__ import annotations

from cli.printing import count, rate, say, say_table
from services.evaluate_files import Evaluation
from services.evaluating import DetectionScores, Mean, MulticlassScores, MultilabelScores

_MOST_COLUMNS = 20


def say_scores(made: Evaluation) -> None:
    """Print what was compared, the figures, and a table of the classes."""
    scores = made.scores
    say(f"{made.model} against {made.labels}, {scores.task.in_words}")
    say(f"{scores.images:,} of {count(made.labelled, 'labelled image')} compared.")
    for note in made.notes:
        say(note)
    say()
    if scores.multiclass is not None:
        _say_multiclass(scores.multiclass)
    elif scores.multilabel is not None:
        _say_multilabel(scores.multilabel)
    elif scores.boxes is not None:
        _say_objects([("boxes", scores.boxes), *([("masks", scores.masks)] if scores.masks else [])])


def _say_multiclass(scores: MulticlassScores) -> None:
    say_table([["accuracy", rate(scores.accuracy), ""], *_macro_rows(scores)], right=(1,))
    say()
    head = ["class", "labelled", "predicted", "precision", "recall", "F1", "FPR", "FNR", "specificity"]
    rows = [
        [
            each.label,
            f"{each.labelled:,}",
            f"{each.true_positives + each.false_positives:,}",
            *map(rate, (each.precision, each.recall, each.f1)),
            *map(rate, (each.false_positive_rate, each.false_negative_rate, each.specificity)),
        ]
        for each in scores.classes
    ]
    say_table([head, *rows])
    say()
    _say_confusion(scores)


def _say_confusion(scores: MulticlassScores) -> None:
    names = [each.label for each in scores.classes]
    if len(names) > _MOST_COLUMNS:
        say(f"The confusion matrix of {len(names):,} classes is in the file of --json.")
        return
    say("Confusion matrix: a row for each label, a column for each prediction")
    rows = [[name, *(f"{number:,}" for number in row)] for name, row in zip(names, scores.confusion, strict=True)]
    say_table([["", *names], *rows])


def _say_multilabel(scores: MultilabelScores) -> None:
    rows = [
        ["subset accuracy", rate(scores.subset_accuracy), ""],
        ["Hamming loss", rate(scores.hamming_loss), ""],
        ["mAP", rate(scores.mean_average_precision.value), _over(scores.mean_average_precision, len(scores.classes))],
        *_macro_rows(scores),
    ]
    say(f"A class counts as predicted from a score of {scores.threshold:g} on.")
    say_table(rows, right=(1,))
    say()
    head = ["class", "labelled", "predicted", "precision", "recall", "F1", "AP"]
    table = [
        [
            each.label,
            f"{each.labelled:,}",
            f"{each.true_positives + each.false_positives:,}",
            *map(rate, (each.precision, each.recall, each.f1, each.average_precision)),
        ]
        for each in scores.classes
    ]
    say_table([head, *table])


def _say_objects(shapes: list[tuple[str, DetectionScores]]) -> None:
    figures = [
        ["mAP@50:95", *(rate(scores.mean_ap) for _, scores in shapes)],
        ["mAP@50", *(rate(scores.mean_ap_50) for _, scores in shapes)],
        ["mAP@75", *(rate(scores.mean_ap_75) for _, scores in shapes)],
    ]
    say_table([["", *(name for name, _ in shapes)], *figures])
    for name, scores in shapes:
        say()
        head = [f"class ({name})", "labelled", "predicted", "AP@50:95", "AP@50", "AP@75"]
        rows = [
            [each.label, f"{each.labelled:,}", f"{each.predicted:,}", *map(rate, (each.ap, each.ap_50, each.ap_75))]
            for each in scores.classes
        ]
        say_table([head, *rows])


def _macro_rows(scores: MulticlassScores | MultilabelScores) -> list[list[str]]:
    means = {"precision": scores.macro_precision, "recall": scores.macro_recall, "F1": scores.macro_f1}
    return [[f"macro {name}", rate(mean.value), _over(mean, len(scores.classes))] for name, mean in means.items()]


def _over(mean: Mean, classes: int) -> str:
    """Over how many classes an average goes."""
    return f"n = {mean.classes} of {classes} classes"
