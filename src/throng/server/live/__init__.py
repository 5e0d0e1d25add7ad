"""The live state of all zones, and its fan-out to everybody who watches."""
