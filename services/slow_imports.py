"""Torch takes seconds to import: it is imported when it is first needed, by one thread at a time."""

from __future__ import annotations

import threading

importing_torch = threading.RLock()
"""Held around every late import: of two threads that import torchvision at once, one finds it half made and fails."""
