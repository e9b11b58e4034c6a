"""The outside world: one folder a provider, behind the two Protocols of `base.py`. Knows nothing of the rest."""
