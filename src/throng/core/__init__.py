"""Value types and pure functions: numpy, scipy and shapely only."""
