"""The words of Relook: frozen values, errors, settings, registries. Standard library and numpy only."""
