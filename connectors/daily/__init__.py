"""Daily, with an API key of the domain: rooms whose names are ours to choose."""
