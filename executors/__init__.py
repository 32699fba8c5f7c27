"""Where long work runs: on this machine."""
