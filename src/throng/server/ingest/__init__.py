"""Takes in what edges, scripts and people have measured."""
