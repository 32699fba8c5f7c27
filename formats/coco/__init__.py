"""COCO: labels of detection and segmentation as one JSON document, and results lists (formats.md 8.1)."""
