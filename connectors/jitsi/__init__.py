"""Jitsi Meet, on a server of one's own or a public one: rooms are addresses, and no API is needed."""
