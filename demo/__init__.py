"""The demo: seeded drawings of fridge scenes with exact labels, and the shipped weights trained on them."""
