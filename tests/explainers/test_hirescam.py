import numpy as np
import torch

from domain.explanation import Target
from explainers.gradcam import GradCAM
from explainers.hirescam import HiResCAM


def test_the_map_sums_to_the_logit_but_for_its_bias(cnn, photo):
    with torch.no_grad():
        logits = cnn.module(cnn.normalise([cnn.crop(photo)[0]]))[0]
    best = int(logits.argmax())

    saliency = HiResCAM().explain(cnn, photo, Target(cnn.info.classes[best]))

    assert saliency.layer == "3"
    np.testing.assert_allclose(saliency.heatmap.sum(), logits[best] - cnn.module[-1].bias[best].item(), rtol=1e-5)


def test_it_equals_gradcam_before_an_average_but_for_the_number_of_cells(spots_colours, two_spots):
    """There the gradient is the same in every cell."""
    fine = HiResCAM().explain(spots_colours, two_spots, Target("red")).heatmap
    coarse = GradCAM().explain(spots_colours, two_spots, Target("red")).heatmap

    np.testing.assert_allclose(fine, coarse, rtol=1e-5)


def test_it_keeps_apart_what_gradcam_mixes(wrap_classifier, two_spots):
    """A head that counts red on the left and nothing on the right: GradCAM's mean gradient lights up both sides."""
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 1, 4, stride=4), torch.nn.Flatten(), torch.nn.Linear(64, 3)).eval()
    with torch.no_grad():
        network[0].weight.fill_(1 / 48)
        network[0].bias.zero_()
        network[2].weight.zero_()
        network[2].weight[0].view(8, 8)[:, :4] = 1
    model = wrap_classifier(network, 32)

    fine = HiResCAM(layer="0").explain(model, two_spots, Target("red")).heatmap
    coarse = GradCAM(layer="0").explain(model, two_spots, Target("red")).heatmap

    assert fine[:, :4].min() > 0
    assert not fine[:, 4:].any()
    assert coarse[:, 4:].min() > 0
