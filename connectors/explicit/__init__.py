"""A link that the caller of our API brings along for one event."""
