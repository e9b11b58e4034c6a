"""Zoom, through one server-to-server app of the account."""
