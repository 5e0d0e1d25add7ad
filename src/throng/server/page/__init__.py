"""The live page of `throng run`: what one box measures now, without a log-in, in one browser page."""
