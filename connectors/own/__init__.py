"""Calendars that no provider keeps: those which applications make for themselves."""
