"""Google Calendar and Google Meet: `wire` reads, `edits` says what to write, `calendar` and `meet` call."""
