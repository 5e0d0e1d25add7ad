"""Readings held against labelled clips."""
