"""Settings of the property tests: no data base in the checkout, no deadline on a busy machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("relook", database=None, deadline=None)
settings.load_profile("relook")
