"""Training from arrays: plain loops for the demo models, fine-tuning of classifiers, checkpoints as safetensors."""
