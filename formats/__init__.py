"""Outside formats, a module or a package each, which registers its class when it is imported. One line per format.

No two formats recognise the same file: a test sees to it, so that the order does not matter.
"""

from __future__ import annotations

from formats import arize as arize
from formats import azure as azure
from formats import coco as coco
from formats import cvat as cvat
from formats import eazyml as eazyml
from formats import hugging_face as hugging_face
from formats import label_studio as label_studio
from formats import labelme as labelme
from formats import picsellia as picsellia
from formats import voc as voc
from formats import yolo as yolo
from formats.base import FORMATS, Format

__all__ = ["FORMATS", "Format"]
