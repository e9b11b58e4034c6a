// One event stands on several calendars, perhaps of several providers: the organizer's and a copy on each guest's.
// The week shows it once.

// Returns one event for each set of copies, the organizer's where it is there, with all of them in `copies`.
export function merged(events) {
  const sets = new Map();
  for (const event of events) {
    const name = `${event.uid}/${+event.start}`;
    sets.set(name, [...(sets.get(name) ?? []), event]);
  }
  return [...sets.values()].map((copies) => ({ ...first(copies), copies: [...copies].sort(byOrganizer) }));
}

function first(copies) {
  const alive = copies.filter((event) => !event.cancelled);
  return [...(alive.length ? alive : copies)].sort(byOrganizer)[0];
}

const byOrganizer = (a, b) => Number(b.mine) - Number(a.mine);
