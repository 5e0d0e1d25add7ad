"""Familiar doors: the routes of two systems people come from, so that their scripts keep working. Shut by default."""
