"""Many pictures and classes at once, by every method that explains classes through gradients."""

import warnings

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from domain.errors import Cancelled, ExplanationError, UnknownNameError
from domain.explanation import Region, Target
from explainers.base import Saliency, Subject
from explainers.gradcam import GradCAM
from explainers.guided_backprop import GuidedBackprop
from explainers.guided_gradcam import GuidedGradCAM
from explainers.hirescam import HiResCAM
from explainers.layercam import LayerCAM
from explainers.network import class_maps
from explainers.network.class_maps import scores_in_turn

COLOURS = ("red", "green", "blue")
METHODS = [GradCAM(), HiResCAM(), LayerCAM(), GuidedBackprop(), GuidedGradCAM()]


@pytest.fixture(params=METHODS, ids=lambda method: method.title)
def method(request):
    return request.param


@pytest.fixture
def four_at_once(monkeypatch):
    """Let four pictures of 96 x 96 pixels through at once."""
    monkeypatch.setattr(class_maps, "PIXELS", 96 * 96)
    for method in METHODS:
        monkeypatch.setattr(type(method), "at_once", {"cpu": 4})


@pytest.fixture
def photos():
    """Five pictures of several shapes."""
    draw = np.random.default_rng(3)
    coarse = [draw.integers(0, 256, (6, 8, 3), dtype=np.uint8) for _ in range(5)]
    sizes = [(80, 60), (60, 80), (64, 64), (33, 90), (32, 32)]
    return [
        np.asarray(Image.fromarray(c).resize(size, Image.Resampling.BICUBIC))
        for c, size in zip(coarse, sizes, strict=True)
    ]


def energy_inside(saliency, box):
    """Share of the positive evidence whose cells lie in `box`; the map covers the whole picture."""
    height, width = saliency.heatmap.shape
    positive = np.clip(saliency.heatmap, 0, None)
    rows, columns = (
        slice(round(low * size), round(high * size))
        for low, high, size in ((box.y_min, box.y_max, height), (box.x_min, box.x_max, width))
    )
    return positive[rows, columns].sum() / positive.sum()


def explain_alone(method, model, subject):
    try:
        return method.explain(model, subject.image, subject.target)
    except ExplanationError as error:
        return error


def count_passes(network):
    """Return a list that grows by the number of pictures of each pass."""
    seen = []
    network.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    return seen


def test_maps_made_together_equal_those_made_alone(method, classifier, photos):
    labels = classifier.info.classes
    subjects = [Subject(photo, Target(label)) for photo in photos for label in labels]
    subjects = [*subjects[::2], *subjects[1::2], Subject(photos[0], Target(labels[0]))]

    together = method.explain_each(classifier, subjects)

    found = 0
    for subject, made in zip(subjects, together, strict=True):
        alone = explain_alone(method, classifier, subject)
        assert type(made) is type(alone)
        if isinstance(made, ExplanationError):
            assert str(made).partition(":")[0] == str(alone).partition(":")[0]
            continue
        found += 1
        np.testing.assert_allclose(made.heatmap, alone.heatmap, rtol=1e-3, atol=1e-5 * alone.heatmap.max())
        assert (made.region, made.layer, made.warnings) == (alone.region, alone.layer, alone.warnings)
    assert found >= 5


def test_the_evidence_lies_where_it_was_planted(method, spots_colours, two_spots, red_spot):
    assert energy_inside(method.explain(spots_colours, two_spots, Target("red")), red_spot) > 0.9


@pytest.mark.parametrize("cam", [GradCAM(), HiResCAM(), LayerCAM()], ids=lambda cam: cam.title)
def test_the_evidence_is_elsewhere_when_the_weights_are_random(cam, spots_colours, two_spots, red_spot):
    """Guided backprop is known to stay where it is, so nothing is asked of it and of what is made from it."""
    shares = []
    for seed in range(8):
        torch.manual_seed(seed)
        for parameter in spots_colours.module.parameters():
            torch.nn.init.normal_(parameter)
        made = cam.explain_each(spots_colours, [Subject(two_spots, Target(label)) for label in COLOURS])
        shares += [energy_inside(one, red_spot) for one in made if isinstance(one, Saliency)]

    assert len(shares) > 5
    assert np.mean(shares) < 0.6


def test_a_picture_goes_forward_once_for_all_its_classes(method, spots_colours, two_spots):
    method.explain(spots_colours, two_spots, Target("red"))
    seen = count_passes(spots_colours.module)
    subjects = [Subject(two_spots, Target(label)) for label in ("red", "green")]

    made = method.explain_each(spots_colours, subjects)

    assert seen == [1]
    assert [(one.forward_passes, one.backward_passes) for one in made] == [(1, method.gradients), (0, method.gradients)]


def test_pictures_go_forward_a_few_at_once(four_at_once, method, spots_colours, two_spots):
    method.explain(spots_colours, two_spots, Target("red"))
    seen = count_passes(spots_colours.module)
    reports = []

    made = method.explain_each(
        spots_colours,
        [Subject(two_spots.copy(), Target("red")) for _ in range(6)],
        report=lambda done, total: reports.append((done, total)),
    )

    assert seen == [4, 2]
    assert reports == [(0, 6), (4, 6), (6, 6)]
    assert sum(one.forward_passes for one in made) == 6


def test_what_says_nothing_is_an_error_in_its_place(method, spots_colours, two_spots):
    """SpotsColours holds no blue pixel, and black pictures hold nothing."""
    subjects = [
        Subject(two_spots, Target("red")),
        Subject(np.zeros_like(two_spots), Target("red")),
        Subject(two_spots, Target("green")),
    ]

    first, second, third = method.explain_each(spots_colours, subjects)

    assert isinstance(first, Saliency)
    assert isinstance(third, Saliency)
    assert "The map for 'red' is the same everywhere" in str(second)


def test_nothing_asked_is_nothing_made(method, spots_colours):
    assert method.explain_each(spots_colours, []) == []


def test_an_unknown_class_among_others_is_refused(method, spots_colours, two_spots):
    with pytest.raises(UnknownNameError, match=r"Known: red, green, blue\."):
        method.explain_each(spots_colours, [Subject(two_spots, Target(label)) for label in ("red", "purple")])


def test_a_run_can_be_stopped_between_chunks(four_at_once, method, spots_colours, two_spots):
    def cancel(done, total):
        if done:
            raise Cancelled("Stopped.")

    seen = count_passes(spots_colours.module)
    with pytest.raises(Cancelled):
        method.explain_each(spots_colours, [Subject(two_spots.copy(), Target("red")) for _ in range(9)], report=cancel)

    assert seen[-1] == 4
    assert sum(seen) <= 5


class Cramped(nn.Module):
    """Runs out of memory with more than `most` pictures."""

    def __init__(self, network, most):
        super().__init__()
        self.network, self.most = network, most

    def forward(self, x):
        if len(x) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.network(x)


def test_fewer_pictures_are_taken_when_memory_runs_out(four_at_once, method, wrap_classifier, spots_colours, two_spots):
    subjects = [Subject(two_spots.copy(), Target("red")) for _ in range(5)]
    expected = method.explain_each(spots_colours, subjects)

    made = method.explain_each(wrap_classifier(Cramped(spots_colours.module, 2).eval(), 96), subjects)

    for mine, other in zip(made, expected, strict=True):
        np.testing.assert_allclose(mine.heatmap, other.heatmap, rtol=1e-5, atol=1e-7)
        assert mine.warnings == (
            *other.warnings,
            "Memory ran out with 4 pictures at once, so 2 were taken: the map is the same, but slower.",
        )


def test_a_picture_that_does_not_fit_alone_is_refused(wrap_classifier, spots_colours, two_spots):
    network = Cramped(spots_colours.module, 9).eval()
    model = wrap_classifier(network, 96)
    GradCAM().explain(model, two_spots, Target("red"))
    network.most = 0

    found = GradCAM().explain_each(model, [Subject(two_spots, Target(label)) for label in ("red", "green")])

    assert all("Memory ran out with a single picture of 96 x 96 pixels." in str(error) for error in found)


def test_another_failure_of_the_network_is_not_taken_for_lack_of_memory(wrap_classifier, two_spots):
    class Broken(nn.Module):
        def forward(self, x):
            raise RuntimeError(f"The size {x.shape} must match")

    with pytest.raises(RuntimeError, match="must match"):
        GuidedBackprop().explain(wrap_classifier(Broken().eval(), 32), two_spots, Target("red"))


def test_scores_are_taken_turn_by_turn():
    logits = torch.arange(12.0).reshape(3, 4)

    turns = [(rows, float(score)) for rows, score in scores_in_turn(logits, [[0, 3], [1], []])]

    assert turns == [([0, 1], 0.0 + 5.0), ([0], 3.0)]


@pytest.mark.parametrize("build", [GradCAM, HiResCAM, LayerCAM, GuidedGradCAM])
def test_an_unknown_layer_is_refused_with_candidates(cnn, photos, build):
    wish = [Subject(photos[0], Target("red")), Subject(photos[1], Target("green"))]

    for error in build(layer="layer9").explain_each(cnn, wish):
        assert "There is no layer named 'layer9'" in str(error)
        assert "Leave it empty for 3, or choose" in str(error)


def test_a_scripted_network_is_refused_with_what_it_can_have(method, wrap_classifier, spots_colours, two_spots):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit")
        scripted = torch.jit.script(spots_colours.module)
    model = wrap_classifier(scripted, 96)

    [error] = method.explain_each(model, [Subject(two_spots, Target("red"))])

    assert str(error).startswith(f"{method.title} needs hooks, which do not fire in a TorchScript model.")
    assert "LIME can explain it." in str(error)


def test_a_detector_is_told_of_odam(method, build_detector):
    assert method.why_not(build_detector("fcos")).endswith("use ODAM on a box.")


def test_a_layer_that_cuts_pictures_into_windows_is_refused(wrap_classifier, two_spots):
    class Windows(nn.Module):
        """Pictures of 32 pixels in four windows, each a row of its own but for a batch of one."""

        def __init__(self):
            super().__init__()
            self.cut, self.head = nn.Conv2d(3, 4, 1), nn.Linear(4, 3)

        def forward(self, x):
            rows = self.cut(x.repeat(2, 1, 1, 1) if len(x) > 1 else x)
            return self.head(rows[: len(x)].mean(dim=(2, 3)))

    torch.manual_seed(0)
    model = wrap_classifier(Windows().eval(), 32)
    subjects = [Subject(two_spots.copy(), Target("red")) for _ in range(2)]

    for method in (GradCAM(layer="cut"), GuidedGradCAM(layer="cut")):
        for error in method.explain_each(model, subjects):
            assert "Layer 'cut' gives 4 maps for 2 pictures; expected one each." in str(error)


def test_pictures_of_several_sizes_are_taken_size_by_size(method, spots_colours, two_spots):
    """A model whose crop is the picture itself."""
    spots_colours.crop = lambda image: (image, Region())
    wide = np.concatenate([two_spots, two_spots], axis=1)
    subjects = [Subject(image.copy(), Target("red")) for image in (two_spots, wide, two_spots, wide)]
    alone = [method.explain(spots_colours, subject.image, subject.target) for subject in subjects]
    seen = count_passes(spots_colours.module)

    made = method.explain_each(spots_colours, subjects)

    assert seen == [2, 2]
    for mine, other in zip(made, alone, strict=True):
        np.testing.assert_allclose(mine.heatmap, other.heatmap, rtol=1e-5, atol=1e-7)
