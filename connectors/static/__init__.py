"""A link that the operator gives: somebody's personal room, a Jitsi server, anything with an address."""
