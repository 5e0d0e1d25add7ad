"""Crowd simulation and the synthetic camera."""
