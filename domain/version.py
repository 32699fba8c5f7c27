"""Which Relook this is."""

from __future__ import annotations

VERSION = "0.1.0.dev0"
"""As in the changelog: of the next version while it is being made. Stands in the provenance of decisions."""
