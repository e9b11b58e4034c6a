"""The process: its configuration, the decision, the loops that carry it out, and the command line."""
