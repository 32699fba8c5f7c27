"""Outside formats, one module or package each, which registers its class when it is imported. One line per format.

The order tells how files are recognised: the first format that recognises one reads it.
"""

from __future__ import annotations

from formats.arize import arize as arize
from formats.azure import batch as batch
from formats.azure import jsonl as jsonl
from formats.azure import scoring as scoring
from formats.base import FORMATS, Format
from formats.coco import labels as labels
from formats.coco import results as results
from formats.cvat import images as cvat
from formats.eazyml import eazyml as eazyml
from formats.hugging_face import responses as responses
from formats.label_studio import label_studio as label_studio
from formats.labelme import labelme as labelme
from formats.picsellia import picsellia as picsellia
from formats.voc import voc as voc
from formats.yolo import yolo as yolo

__all__ = ["FORMATS", "Format"]
