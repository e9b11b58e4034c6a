"""Whereby, with an API key of the organisation: rooms that last until a date, which nothing moves."""
