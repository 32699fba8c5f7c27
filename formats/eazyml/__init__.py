"""EazyML."""
