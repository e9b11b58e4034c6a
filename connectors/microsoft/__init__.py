"""Outlook calendars and Microsoft Teams: `wire` reads, `edits` says what to write, `calendar` and `teams` call."""
