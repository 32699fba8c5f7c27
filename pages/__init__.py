"""Screens: flat scripts that read choices, call services, and draw with components."""
