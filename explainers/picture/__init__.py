"""What depends on the picture alone: its segments and regions."""
