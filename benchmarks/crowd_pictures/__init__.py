"""The pictures of docs/crowd-science.md, computed by throng.core on simulated people."""
