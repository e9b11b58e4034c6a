"""People who go on changing their events at random, and what is wanted of each event in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.system.people import GooglePerson, Person, hours
from tests.system.seen import Seen


@dataclass(slots=True)
class Crowd:
    """A handful of events of one person, each of which may be flagged, renamed, moved, deleted and restored.

    Where nothing can be restored, there is a new event instead.
    """

    person: Person
    dice: Random
    titles: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    with_teams: set[str] = field(default_factory=set)  # that began with the calendar's own service

    def begin(self, count: int = 5) -> None:
        """Make the events, some of them flagged."""
        for _ in range(count):
            self._add()

    def act(self) -> None:
        """Do one thing to one event."""
        event = self.dice.choice(sorted(self.titles))
        if event in self.deleted:
            self._bring_back(event)
        elif self.dice.random() < 0.12:
            self.person.delete(event)
            self.deleted.add(event)
        elif self.dice.random() < 0.4:
            self.person.change(event, **hours(self.dice.randint(24, 400)))
        else:
            self._rename(event)

    def _add(self) -> None:
        title = self._title()
        event = self.person.add(title).id
        self.titles[event] = title
        if title.endswith(f"@{self.person.home.integrated}"):
            self.with_teams.add(event)

    def _bring_back(self, event: str) -> None:
        self.deleted.discard(event)
        if isinstance(self.person, GooglePerson):
            self.person.restore(event)
        else:
            del self.titles[event]
            self._add()

    def _rename(self, event: str) -> Seen:
        self.titles[event] = self._title(event)
        return self.person.change(event, title=self.titles[event])

    def _title(self, event: str = "") -> str:
        """Ask for something or nothing, but at Outlook never for another service after Teams.

        There the next write brings back what was cut out; a process that dies before it has cut it out once more leaves
        it standing, as docs/microsoft.md tells.
        """
        own = f" @{self.person.home.integrated}"
        words = ["", " @zoom", own, " @static"]
        if not isinstance(self.person, GooglePerson):
            if event in self.with_teams:
                words = ["", own]
            elif event:
                words.remove(own)
        return f"Plan {self.dice.randint(1, 999)}{self.dice.choice(words)}"

    def wanted(self) -> dict[str, str]:
        """Return the service of each event that is to have a meeting."""
        live = {event: title for event, title in self.titles.items() if event not in self.deleted}
        return {event: title.partition("@")[2] for event, title in live.items() if "@" in title}
