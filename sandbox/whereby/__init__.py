"""A simulated Whereby: transient rooms that last until a date, written from its documents."""
