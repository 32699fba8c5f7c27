"""Looking into detectors: what they computed for a picture, and which of their candidates a box came from."""
