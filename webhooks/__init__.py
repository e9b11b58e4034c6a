"""Doorbells: they say that something changed, never what. They verify, ring and answer."""
