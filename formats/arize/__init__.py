"""Arize."""
