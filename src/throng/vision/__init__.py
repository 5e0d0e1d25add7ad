"""Models behind ports: detectors, trackers, the model registry and runtimes."""
