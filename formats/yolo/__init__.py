"""YOLO texts, as Ultralytics reads and writes them."""
