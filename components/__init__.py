"""Widgets: values in, the reader's choice out. The only folder besides pages that draws."""
