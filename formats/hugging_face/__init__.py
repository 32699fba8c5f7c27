"""Answers of Hugging Face pipelines, as endpoints and scripts return them (formats.md 2.5)."""
