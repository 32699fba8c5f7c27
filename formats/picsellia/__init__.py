"""Picsellia."""
