"""The command line: each command is a few lines over the room that does the work."""
