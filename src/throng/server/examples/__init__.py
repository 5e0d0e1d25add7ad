"""Configurations to begin with."""
