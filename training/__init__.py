"""Training from arrays: one plain loop for classifiers, one for detectors, checkpoints as safetensors."""
