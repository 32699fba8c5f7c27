"""HTTP routes of Relook, mounted beside the pages: pictures, the review queue, decisions, maps."""
