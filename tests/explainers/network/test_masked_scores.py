import numpy as np
import pytest
import torch

from domain.errors import ExplanationError
from explainers.network.class_scores import class_scores
from explainers.network.masked_scores import MaskedScores, chunk_size, stops_to_look_at


def open_scores(model, picture, hidden, **options):
    return MaskedScores(class_scores(model, (0, 1)), picture, hidden, total=20, **options)


def draw(count, side):
    return torch.from_numpy(np.random.default_rng(0).random((count, side, side), dtype=np.float32))


@pytest.mark.parametrize("name", ["black_box", "spots_colours"])
def test_masked_versions_are_scored_as_if_they_were_pictures(request, two_spots, name):
    """Shown and hidden pixels are exactly those of the pictures, inside a network and from outside."""
    model = request.getfixturevalue(name)
    hidden = np.full_like(two_spots, 90)
    masks = (draw(20, 96) > 0.5).float()
    pictures = [np.where(mask[..., None] > 0, two_spots, hidden) for mask in masks.numpy()]
    plain = class_scores(model, (0, 1))
    inputs = torch.stack([plain.to_input(picture) for picture in pictures])
    found = []
    masked = open_scores(model, two_spots, hidden)

    masked.score(20, lambda part: masks[part], lambda _part, _masks, scores: found.append(scores))

    np.testing.assert_array_equal(masked.blend(masks), inputs)
    np.testing.assert_allclose(np.concatenate(found), plain.score(inputs), rtol=1e-5)
    assert masked.passes == 20


def test_samples_are_numbered_on_from_call_to_call(black_box, two_spots):
    masks = draw(20, 96)
    seen, reports = [], []
    masked = open_scores(
        black_box, two_spots, 255 - two_spots, report=lambda done, total: reports.append((done, total))
    )

    for count in (12, 8):
        masked.score(count, lambda part: masks[part], lambda part, _masks, scores: seen.extend(range(20)[part]))

    assert seen == list(range(20))
    assert reports[-1] == (20, 20)
    assert all(total == 20 for _, total in reports)


def test_masks_are_made_a_few_at_a_time_however_many_samples_there_are(cnn):
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    sizes = []

    def make(part):
        sizes.append(part.stop - part.start)
        return torch.rand(sizes[-1], 32, 32)

    masked = MaskedScores(class_scores(cnn, (0,)), picture, 255 - picture, total=1000)
    masked.score(1000, make, lambda *_: None)

    assert sum(sizes) == 1000
    assert max(sizes) == masked.at_once < 200


def test_when_memory_runs_out_fewer_pictures_are_taken_from_then_on(cnn):
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    sizes, kept = [], []

    def refuse_many(_network, inputs):
        sizes.append(len(inputs[0]))
        if sizes[-1] > 20:
            raise torch.OutOfMemoryError("out of memory")

    cnn.module.register_forward_pre_hook(refuse_many)
    masked = MaskedScores(class_scores(cnn, (0,)), picture, 255 - picture, total=400)
    for _ in range(2):
        masked.score(200, lambda part: torch.rand(part.stop - part.start, 32, 32), lambda part, *_: kept.append(part))

    assert [number for part in kept for number in range(400)[part]] == list(range(400))
    assert [size for size in sizes if size > 20] == [128, 64, 32]
    [warning] = masked.warnings
    assert "Memory ran out" in warning


def test_the_pictures_are_normalised_only_once(spots_colours, two_spots):
    counted = []
    normalise = spots_colours.normalise
    spots_colours.normalise = lambda crops: counted.append(len(crops)) or normalise(crops)

    masked = open_scores(spots_colours, two_spots, 255 - two_spots)
    masked.score(20, lambda part: draw(20, 96)[part], lambda *_: None)

    assert counted == [1, 1]


def test_a_hidden_version_that_looks_the_same_is_refused(black_box, two_spots):
    with pytest.raises(ExplanationError, match="changes nothing"):
        open_scores(black_box, two_spots, two_spots.copy())


def test_scores_that_stay_the_same_are_seen(black_box, two_spots):
    masked = open_scores(black_box, two_spots, 255 - two_spots)

    masked.score(4, lambda part: torch.ones(part.stop - part.start, 96, 96), lambda *_: None)
    assert masked.is_constant().tolist() == [True, True]

    masked.score(4, lambda part: torch.zeros(part.stop - part.start, 96, 96), lambda *_: None)
    assert masked.is_constant().tolist() == [False, False]


@pytest.mark.parametrize(("side", "at_once"), [(224, 4), (256, 3), (448, 1), (20000, 1), (1, 128)])
def test_larger_pictures_go_in_smaller_chunks(side, at_once):
    assert chunk_size(torch.device("cpu"), side**2) == at_once


@pytest.mark.parametrize(
    ("samples", "at_once", "least", "stops"),
    [(1000, 4, 880, [880, 920, 960, 1000]), (1000, 64, 500, [512, 640, 768, 896, 1000]), (30, 4, 30, [30])],
)
def test_stops_lie_between_whole_chunks_and_pairs(samples, at_once, least, stops):
    assert stops_to_look_at(samples, at_once=at_once, least=least) == stops
