"""Google, simulated: OAuth 2.0, Calendar v3 and push notifications."""
