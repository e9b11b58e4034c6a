"""The simulated GoTo: its sign-in, and the meetings of each person's own account."""
