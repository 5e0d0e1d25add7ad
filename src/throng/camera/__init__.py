"""The pipeline of one camera: frames to readings, and the overlay."""
