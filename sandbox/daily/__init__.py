"""A simulated Daily: rooms with names of the caller's choice, written from its documents."""
