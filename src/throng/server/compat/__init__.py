"""Familiar doors: the routes of two systems that people come from, so that their scripts keep working. Off by default."""
