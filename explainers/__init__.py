"""Explanation methods, one module each, which registers its class when it is imported. One line per method."""

from __future__ import annotations

from explainers import drise as drise
from explainers import endpoint_maps as endpoint_maps
from explainers import gradcam as gradcam
from explainers import guided_backprop as guided_backprop
from explainers import guided_gradcam as guided_gradcam
from explainers import hirescam as hirescam
from explainers import integrated_gradients as integrated_gradients
from explainers import layercam as layercam
from explainers import lime as lime
from explainers import missed_object as missed_object
from explainers import occlusion as occlusion
from explainers import odam as odam
from explainers import rise as rise
from explainers import transformer_attribution as transformer_attribution
from explainers import xrai as xrai
from explainers.base import EXPLAINERS, Explainer

__all__ = ["EXPLAINERS", "Explainer"]
