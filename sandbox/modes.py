"""The switches that say how nicely or nastily the providers behave."""

from __future__ import annotations

from dataclasses import dataclass

CHOICES = {
    "addon": ("reject_400", "drop_silently", "accept"),
    "meet": ("success", "failure"),
    "foreign_write": ("forbidden", "silent", "refuse_all"),
    "sparse_cancelled": ("random", "always", "never"),
    "short_pages": ("random", "always", "never"),
    "sync_first": ("random", "always", "never"),
    "zoom_errors": ("json", "xml"),
    "teams": ("success", "unknown"),
    "teams_body": ("strict", "kept"),
    "calendar_path": ("strict", "loose"),
}
WAITING = ("meet", "teams")
"""What may also be {"pending": seconds}."""


@dataclass(frozen=True, slots=True)
class Modes:
    """How the providers behave until told otherwise; replaced as a whole, never changed in place."""

    latency: float = 0.0
    """Seconds that every provider answer takes, concurrently."""
    addon: str = "reject_400"
    """What becomes of a third-party conference: reject_400, drop_silently or accept."""
    meet: str | dict[str, float] = "success"
    """How a Meet comes about: success, failure, or {"pending": seconds}."""
    foreign_write: str = "forbidden"
    """What a guest's write to shared fields does: forbidden (403), silent (200, nothing changed), or
    refuse_all (403 even for what is the guest's own)."""
    sparse_cancelled: str = "random"
    """Whether cancelled items carry little more than their id: random, always or never."""
    short_pages: str = "random"
    """Pages smaller than asked: random (once a list needs several), always or never."""
    sync_first: str = "random"
    """Whether a channel's `sync` message comes before the answer to watch: random, always or never."""
    google_quota_per_minute: int = 0
    """Quota units a user has per minute (a PATCH costs three); 0 switches the quota off."""
    max_channel_seconds: int = 2_592_000
    """Longest life of a push channel, in seconds."""
    zoom_list_lag: float = 0.0
    """Seconds for which Zoom's lists do not know a new meeting."""
    zoom_daily_limit: int = 100
    """Meetings a Zoom user may create and update in a day."""
    zoom_errors: str = "json"
    """The form of Zoom's errors: json or xml."""
    zoom_no_password: bool = False
    """Zoom makes meetings without a passcode."""
    zoom_forced_waiting_room: bool = False
    """Zoom switches the waiting room on, whatever is asked."""
    teams: str | dict[str, float] = "success"
    """How a Teams meeting comes about: success, unknown (the provider is refused without a word), or
    {"pending": seconds} (the join URL comes late)."""
    teams_body: str = "strict"
    """What a body written without the Teams text does: strict (the link is lost, and the next write
    makes another), or kept (nothing)."""
    max_subscription_minutes: int = 10_070
    """Longest life of a Graph subscription, in minutes."""
    delta_page: int = 0
    """Items on a page of Graph's delta at most; 0 leaves it to the request."""
    mailbox_concurrency: int = 4
    """Requests to one mailbox that Graph serves at a time; 0 takes any number."""
    mailbox_requests: int = 10_000
    """Requests to one mailbox in ten minutes; 0 takes any number."""
    graph_notifications: int = 0
    """Notifications that Graph sends of one change; 0 is one to four by chance."""
    validate_renewals: bool = False
    """Whether Graph asks the notification URL to prove itself again at every renewal."""
    calendar_path: str = "strict"
    """Whether /calendars/{id}/events/{event} finds only what is on that calendar (strict), or any event of
    the mailbox (loose)."""

    def __post_init__(self) -> None:
        """Refuse a word that no provider understands, with ValueError."""
        for name, words in CHOICES.items():
            value = getattr(self, name)
            waits = isinstance(value, dict) and name in WAITING
            if not waits and value not in words:
                raise ValueError(f"{name} is one of {', '.join(words)}, not {value!r}")
        for name in WAITING:
            value = getattr(self, name)
            if isinstance(value, dict) and set(value) != {"pending"}:
                raise ValueError(f'{name} is {", ".join(CHOICES[name])} or {{"pending": seconds}}')
