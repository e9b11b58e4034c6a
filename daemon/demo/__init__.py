"""`huddled demo`: the real daemon at work on simulated providers, told as it happens."""
