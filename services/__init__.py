"""What a person can do with Relook, one module per task. No drawing, no SQL, no torch."""
