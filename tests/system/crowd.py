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
        self.titles[self.person.add(title).id] = title

    def _bring_back(self, event: str) -> None:
        self.deleted.discard(event)
        if isinstance(self.person, GooglePerson):
            self.person.restore(event)
        else:
            del self.titles[event]
            self._add()

    def _rename(self, event: str) -> Seen:
        self.titles[event] = self._title()
        return self.person.change(event, title=self.titles[event])

    def _title(self) -> str:
        word = self.dice.choice(["", " @zoom", f" @{self.person.home.integrated}", " @static"])
        return f"Plan {self.dice.randint(1, 999)}{word}"

    def wanted(self) -> dict[str, str]:
        """Return the service of each event that is to have a meeting."""
        live = {event: title for event, title in self.titles.items() if event not in self.deleted}
        return {event: title.partition("@")[2] for event, title in live.items() if "@" in title}
