"""GoTo Meeting: each person's own account."""
