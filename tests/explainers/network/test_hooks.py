import pytest
import torch
from torch import nn

from explainers.network.hooks import borrowed


class Tokens(nn.Module):
    """A convolution with a batch norm, laid out as tokens before or after it, as CvT and LeViT do."""

    def __init__(self, *, tokens_first):
        super().__init__()
        self.norm, self.tokens_first = nn.BatchNorm2d(5), tokens_first
        with torch.no_grad():
            self.norm.running_var.uniform_(0.5, 2)
            self.norm.weight.uniform_(0.5, 2)

    def forward(self, x):
        if self.tokens_first:
            x = x.flatten(2).transpose(1, 2).contiguous().transpose(1, 2).reshape(x.shape)
            return self.norm(x).contiguous()
        return self.norm(x).flatten(2).transpose(1, 2)


@pytest.mark.parametrize("tokens_first", [True, False])
@pytest.mark.parametrize("count", [1, 2])
def test_gradients_through_a_batch_norm_are_right_for_any_layout_and_number_of_pictures(tokens_first, count):
    torch.manual_seed(0)
    network, x = Tokens(tokens_first=tokens_first).eval(), torch.randn(count, 5, 3, 4)
    weights = torch.randn(count, 5, 3, 4) if tokens_first else torch.randn(count, 12, 5)
    slope = network.norm.weight.detach() / (network.norm.running_var + network.norm.eps).sqrt()

    with borrowed(None, network):
        leaf = x.clone().requires_grad_()
        [gradient] = torch.autograd.grad((network(leaf) * weights).sum(), [leaf])

    expected = weights if tokens_first else weights.transpose(1, 2).reshape(x.shape)
    torch.testing.assert_close(gradient, expected * slope.view(1, 5, 1, 1))
    assert not network.norm._forward_hooks


def test_a_relu_in_place_behind_a_batch_norm_keeps_its_gradient():
    torch.manual_seed(0)
    network = nn.Sequential(nn.BatchNorm2d(5), nn.ReLU(inplace=True), nn.Flatten(2)).eval()
    x, weights = torch.randn(1, 5, 3, 4), torch.randn(1, 12, 5)

    with borrowed(None, network):
        leaf = x.clone().requires_grad_()
        [gradient] = torch.autograd.grad((network(leaf).transpose(1, 2) * weights).sum(), [leaf])

    expected = weights.transpose(1, 2).reshape(x.shape) * (x > 0) / (1 + network[0].eps) ** 0.5
    torch.testing.assert_close(gradient, expected)
