"""Looking into a network: hooks, layers, gradients along paths, and pushing many pictures through it."""
