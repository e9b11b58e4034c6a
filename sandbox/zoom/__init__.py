"""A simulated Zoom: OAuth and the meetings API, stateful and strict, written from Zoom's documents."""
