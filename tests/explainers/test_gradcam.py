import threading

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch import nn

from domain.errors import ExplanationError
from domain.explanation import Target
from domain.geometry import Box
from explainers.gradcam import GradCAM


def share_inside(saliency, box):
    """Share of the positive evidence whose cell centres lie in `box`."""
    height, width = saliency.heatmap.shape
    xs = saliency.region.x_min + (np.arange(width) + 0.5) / width * (saliency.region.x_max - saliency.region.x_min)
    ys = saliency.region.y_min + (np.arange(height) + 0.5) / height * (saliency.region.y_max - saliency.region.y_min)
    inside = ((ys >= box.y_min) & (ys <= box.y_max))[:, None] & ((xs >= box.x_min) & (xs <= box.x_max))[None, :]
    positive = np.clip(saliency.heatmap, 0, None)
    return positive[inside].sum() / positive.sum()


def test_the_evidence_lies_where_it_was_planted(spots_colours, two_spots, red_spot):
    saliency = GradCAM().explain(spots_colours, two_spots, Target("red"))

    assert share_inside(saliency, red_spot) > 0.9


def test_another_class_has_its_evidence_elsewhere(spots_colours, two_spots, red_spot):
    saliency = GradCAM().explain(spots_colours, two_spots, Target("green"))

    assert share_inside(saliency, red_spot) < 0.1
    assert share_inside(saliency, Box(56 / 96, 56 / 96, 80 / 96, 80 / 96)) > 0.9


def test_a_wide_picture_gets_the_region_of_its_crop(spots_colours, two_spots):
    wide = np.pad(two_spots, ((0, 0), (48, 48), (0, 0)), constant_values=128)

    saliency = GradCAM().explain(spots_colours, wide, Target("red"))

    assert share_inside(saliency, Box((16 + 48) / 192, 16 / 96, (40 + 48) / 192, 40 / 96)) > 0.9


@pytest.mark.parametrize("layer", ["0", "3", "3.0"])
def test_maps_equal_those_of_captum_before_its_relu(cnn, photo, layer):
    inputs = cnn.normalise([cnn.crop(photo)[0]])
    module = cnn.module.get_submodule(layer)

    for index, label in enumerate(cnn.info.classes):
        expected = LayerGradCam(cnn.module, module).attribute(inputs, target=index)[0, 0].detach().numpy()
        if expected.max() > 0:
            found = GradCAM(layer=layer).explain(cnn, photo, Target(label)).heatmap
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
            return
    pytest.fail("no class with positive evidence")


def test_a_layer_before_an_in_place_relu_keeps_its_own_values(wrap_classifier, spots_colours, two_spots):
    plain = nn.Sequential(*[nn.ReLU() if isinstance(m, nn.ReLU) else m for m in spots_colours.module])

    in_place = GradCAM(layer="0").explain(spots_colours, two_spots, Target("red")).heatmap
    expected = GradCAM(layer="0").explain(wrap_classifier(plain, 96), two_spots, Target("red")).heatmap

    assert in_place.min() < 0, "the convolution's negative values were overwritten"
    np.testing.assert_array_equal(in_place, expected)


def test_a_layer_that_passes_its_input_on_keeps_it_from_later_changes_in_place(wrap_classifier, two_spots):
    class PassesOn(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.look = nn.Conv2d(3, 3, 4, stride=4), nn.Sequential()
            nn.init.uniform_(self.stem.weight)

        def forward(self, x):
            x = self.stem(x)
            seen = self.look(x)
            x.zero_()
            return seen.mean(dim=(2, 3)) + x.mean(dim=(2, 3))

    torch.manual_seed(0)
    model = wrap_classifier(PassesOn().eval(), 32)
    inputs = model.normalise([model.crop(two_spots)[0]])

    saliency = GradCAM(layer="look").explain(model, two_spots, Target("red"))

    np.testing.assert_allclose(saliency.heatmap, model.module.stem(inputs)[0, 0].detach() / 64, rtol=1e-5)


def test_an_unknown_layer_is_refused_with_candidates(cnn, photo):
    with pytest.raises(ExplanationError, match=r"no layer named 'layer9'.*Leave it empty for 3, or choose .*3\.0"):
        GradCAM(layer="layer9").explain(cnn, photo, Target("red"))


def test_a_class_without_evidence_gives_the_reason_instead_of_a_map(spots_colours, two_spots):
    with pytest.raises(ExplanationError, match=r"The map for 'blue' is the same everywhere"):
        GradCAM().explain(spots_colours, two_spots, Target("blue"))


def test_a_class_with_evidence_against_it_alone_gives_the_reason(spots_colours, two_spots):
    with torch.no_grad():
        spots_colours.module[5].weight[0, 0] = -40

    with pytest.raises(ExplanationError, match=r"no positive evidence for 'red' in layer '2'"):
        GradCAM().explain(spots_colours, two_spots, Target("red"))


def test_broken_weights_give_the_reason(spots_colours, two_spots):
    with torch.no_grad():
        spots_colours.module[0].bias.fill_(float("nan"))

    with pytest.raises(ExplanationError, match="are not finite numbers"):
        GradCAM().explain(spots_colours, two_spots, Target("red"))


def test_a_layer_that_the_score_does_not_depend_on_is_named(wrap_classifier, two_spots):
    class Forked(nn.Module):
        def __init__(self):
            super().__init__()
            self.unused = nn.Conv2d(3, 3, 3)
            self.head = nn.Linear(3, 3)

        def forward(self, x):
            self.unused(x)
            return self.head(x.mean(dim=(2, 3)))

    with pytest.raises(ExplanationError, match="The score does not depend on layer 'unused'"):
        GradCAM().explain(wrap_classifier(Forked().eval(), 32), two_spots, Target("red"))


def test_a_network_without_any_map_is_refused(wrap_classifier, two_spots):
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 3)).eval()

    with pytest.raises(ExplanationError, match=r"No layer of this Sequential gives a map .* such as LIME or XRAI"):
        GradCAM().explain(wrap_classifier(flat, 32), two_spots, Target("red"))


def test_a_prediction_in_another_thread_does_not_disturb_the_map(spots_colours, two_spots):
    """The other thread does not wait for the lock: its pass runs while the hook is on."""
    alone = GradCAM().explain(spots_colours, two_spots, Target("red")).heatmap
    network = spots_colours.module
    black = spots_colours.normalise([np.zeros((96, 96, 3), np.uint8)])

    def predict_elsewhere(_module, _inputs, _output):
        if threading.current_thread() is threading.main_thread():
            thread = threading.Thread(target=network, args=(black,))
            thread.start()
            thread.join()

    network[4].register_forward_hook(predict_elsewhere)
    disturbed = GradCAM().explain(spots_colours, two_spots, Target("red")).heatmap

    np.testing.assert_array_equal(disturbed, alone)


def test_the_lock_of_the_model_is_held_while_the_hook_is_on(spots_colours, two_spots):
    seen = []

    def try_lock(_module, _inputs, _output):
        thread = threading.Thread(target=lambda: seen.append(spots_colours.lock.acquire(blocking=False)))
        thread.start()
        thread.join()

    GradCAM().explain(spots_colours, two_spots, Target("red"))
    spots_colours.module[0].register_forward_hook(try_lock)
    GradCAM().explain(spots_colours, two_spots, Target("red"))

    assert seen == [False]
