"""Relook without a screen: `python -m cli COMMAND`, one module per command."""
