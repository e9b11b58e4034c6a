"""A simulated Webex: OAuth, meetings and invitees, stateful and strict, written from Webex's documents."""
