"""Simulated calendar and conferencing providers: stateful servers over real HTTP, for tests and the demo."""
