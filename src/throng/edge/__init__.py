"""Cameras on one box: opening, pacing, running."""
