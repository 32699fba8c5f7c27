"""The figures of trust that ask the model: their titles, what chance would give, and a sentence each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.trust import Estimate, Figure, Trust
from metrics.faithfulness import Faithfulness, References, rank_among

_CLEARLY = 0.95

_SHOWN = "With the most relevant pixels shown first on a blurred picture, {} of the score is back on average"
_HIDDEN = "With the most relevant pixels painted over first, {} of the score is left on average"
_IMPUTED = "With the most relevant pixels filled in from their surroundings, {} of the score is left on average"


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def exactly(value: float) -> Estimate:
    """A figure in which nothing is estimated."""
    return Estimate(value, value, value, 1)


def faithfulness_figures(own: Faithfulness, references: References) -> list[Figure]:
    """Insertion, deletion and ROAD, beside random maps and the centre."""
    return [
        _follow("insertion", "Insertion", _SHOWN, (own, references), is_higher_better=True),
        _follow("deletion", "Deletion", _HIDDEN, (own, references), is_higher_better=False),
        _follow("road", "Removal (ROAD)", _IMPUTED, (own, references), is_higher_better=False),
    ]


def _follow(
    name: str, title: str, sentence: str, measured: tuple[Faithfulness, References], *, is_higher_better: bool
) -> Figure:
    own, references = measured
    mine, chance, centre = (getattr(each, name) for each in (own, references.random, references.centre))
    beside = f"{percent(chance.value)} with random maps, {percent(centre.value)} with the centre"
    return Figure(
        name,
        title,
        mine,
        f"{sentence.format(percent(mine.value))}; {beside}.",
        random=chance.value,
        centre=centre.value,
        is_higher_better=is_higher_better,
    )


def gain_in_words(own: Faithfulness, references: References) -> str:
    """The headline while there is no null distribution."""
    chance = references.random.gain
    return f"Insertion minus deletion is {own.gain:.2f}; random maps on the same image give {chance:.2f}."


def with_rank(trust: Trust, null: Sequence[float] | None) -> Trust:
    """Return `trust` with its place among the random maps of the model's null distribution, and that as headline."""
    if not null or trust.excess is None:
        return trust
    place = rank_among(trust.excess, null)
    centre = None if trust.centre_excess is None else rank_among(trust.centre_excess, null).value
    words = _rank_in_words(place)
    figure = Figure("rank", "Better than random maps", place, words, random=0.5, centre=centre)
    others = tuple(each for each in trust.figures if each.name != "rank")
    return replace(trust, figures=(figure, *others), in_words=words)


def _rank_in_words(place: Estimate) -> str:
    interval = f"95 % interval {100 * place.low:.0f} to {100 * place.high:.0f} %"
    if place.value == 1:
        return f"Better than all {place.n} random maps tried ({interval})."
    sentence = f"Better than {percent(place.value)} of {place.n} random maps ({interval})"
    return f"{sentence}." if place.value >= _CLEARLY else f"{sentence}: this may be chance."


def likeness_figure(alike: Estimate) -> Figure:
    """The random logit test."""
    classes = "another class, drawn at random" if alike.n == 1 else f"{alike.n} other classes, drawn at random"
    words = f"The map correlates by {alike.value:.2f} with that of {classes}; 1 would be the same map."
    title = "Likeness to other classes"
    return Figure("random_logit", title, alike, words, is_higher_better=False, scale=(-1.0, 1.0))


def sensitivity_figure(moved: Estimate) -> Figure:
    """The largest change under small noise."""
    words = f"Noise too small to see changes the map by at most {percent(moved.value)} of its size in {moved.n} tries."
    scale = (0.0, max(1.0, moved.value))
    return Figure("sensitivity", "Change under small noise", moved, words, is_higher_better=False, scale=scale)


def completeness_figure(gap: float) -> Figure:
    """What a map of integrated gradients misses."""
    words = f"The map misses {percent(gap)} of the change in the score."
    scale = (0.0, max(0.2, gap))
    return Figure("completeness_gap", "Completeness gap", exactly(gap), words, is_higher_better=False, scale=scale)
