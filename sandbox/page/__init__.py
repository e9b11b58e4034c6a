"""The sandbox's web page: a calendar where a person acts and watches the link appear."""
