"""Sources, decoding, pacing, redaction and writing of video."""
