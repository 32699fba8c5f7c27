"""Azure AutoML for Images: label files and prediction files as JSON Lines (formats.md sections 1, 2 and 4)."""
