"""Webex Meetings, through people's own accounts."""
