// Places a day's events side by side where they overlap; knows nothing of the page.

import { HOUR, addDays } from "./time.js";

// Returns one entry per event: { event, top, height (hours of the day), column, columns }.
export function place(events, day) {
  const next = addDays(day, 1);
  const parts = events
    .filter((event) => !event.allDay && event.start < next && event.end > day)
    .map((event) => ({ event, from: hours(day, event.start), to: hours(day, event.end) }))
    .map((part) => ({ ...part, to: Math.max(part.to, part.from + 0.4) }))
    .sort((a, b) => a.from - b.from || b.to - a.to || a.event.key.localeCompare(b.event.key));
  return groups(parts).flatMap(columns);
}

const hours = (day, moment) => Math.min(24, Math.max(0, (moment - day) / HOUR));

function groups(parts) {
  const found = [];
  let end = -1;
  for (const part of parts) {
    if (part.from >= end) found.push([]);
    found.at(-1).push(part);
    end = Math.max(end, part.to);
  }
  return found;
}

function columns(group) {
  const ends = [];
  const placed = group.map((part) => {
    const free = ends.findIndex((end) => end <= part.from);
    const column = free < 0 ? ends.length : free;
    ends[column] = part.to;
    return { event: part.event, top: part.from, height: part.to - part.from, column };
  });
  return placed.map((one) => ({ ...one, columns: ends.length }));
}
