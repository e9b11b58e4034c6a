// People at Google Calendar: what they have, and what they can do.

import { ask, post } from "./api.js";
import { asks, isLink, knownLink, linkInBlock, serviceOf, withoutBlock } from "./links.js";
import { occurrences } from "./series.js";
import { MINUTE, fromIsoDay, isoDay } from "./time.js";

const escaped = encodeURIComponent;
const people = (event) => `/_sandbox/people/${escaped(event.owner)}/calendars/${escaped(event.calendar)}/events`;
const one = (event) => `${people(event)}/${escaped(event.id)}`;

export const google = {
  name: "Google",
  restorable: true,

  calendars: (state, users) => Object.entries(state.google?.calendars ?? {}).map(([id, calendar]) => ({
    id,
    provider: "google",
    owner: calendar.owner ?? (users.some((user) => user.email === id) ? id : users[0]?.email),
    name: users.find((user) => user.email === id)?.name ?? calendar.summary ?? id,
    detail: id,
  })),

  events(state, calendar, from, to) {
    const rows = state.google.calendars[calendar.id].events;
    const ids = new Set(rows.map((raw) => raw.id));
    const dates = rows.filter((raw) => raw.recurrence).flatMap((raw) => occurrences(raw, from, to));
    const single = rows.filter((raw) => !raw.recurrence && raw.start);
    return [...single, ...dates.filter((raw) => !ids.has(raw.id))]
      .map((raw) => seen(calendar, raw))
      .filter((event) => event.start < to && event.end > from);
  },

  add: (calendar, { title, start, end, location, guests }) => post(people({ owner: calendar.owner, calendar: calendar.id }), {
    summary: title,
    start: { dateTime: start.toISOString(), timeZone: zoneName() },
    end: { dateTime: end.toISOString(), timeZone: zoneName() },
    ...(location ? { location } : {}),
    ...(guests.length ? { attendees: guests.map((email) => ({ email })) } : {}),
  }),
  move: (event, start, end) => ask("PATCH", one(event), {
    start: moment(event, event.raw.start, start),
    end: moment(event, event.raw.end, end),
  }),
  rename: (event, title) => ask("PATCH", one(event), { summary: title }),
  setGuests: (event, guests) => ask("PATCH", one(event), { attendees: guests }),
  removeLink: (event) => ask("PATCH", one(event), {
    description: withoutBlock(event.description),
    ...(event.location && event.location === event.link ? { location: "" } : {}),
    ...(event.raw.conferenceData ? { conferenceData: null } : {}),
  }),
  cancel: (event) => ask("DELETE", one(event)),
  restore: (event) => post(`${one(event)}/restore`),
  answer: (event, responseStatus) => post(`${one(event)}/rsvp`, { responseStatus }),
};

const zoneName = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

function moment(event, before, date) {
  if (event.allDay) return { date: isoDay(date) };
  return { dateTime: date.toISOString(), timeZone: before.timeZone ?? zoneName() };
}

function seen(calendar, raw) {
  const allDay = Boolean(raw.start.date);
  const when = (side) => (allDay ? fromIsoDay(side.date) : new Date(side.dateTime));
  const description = raw.description ?? "";
  const link = linkOf(raw, description);
  const cancelled = raw.status === "cancelled";
  return {
    key: `${calendar.id}/${raw.id}`,
    id: raw.id,
    uid: raw.iCalUID ?? raw.id,
    provider: "google",
    calendar: calendar.id,
    owner: calendar.owner,
    title: raw.summary || "(no title)",
    start: when(raw.start),
    end: new Date(Math.max(when(raw.end), +when(raw.start) + MINUTE)),
    allDay,
    cancelled,
    location: raw.location ?? "",
    description,
    link,
    service: link ? serviceOf(link) : null,
    waiting: !link && !cancelled && asks(raw.summary, raw.location, description),
    recurring: Boolean(raw.recurringEventId || raw.recurrence),
    mine: Boolean(raw.organizer?.self ?? raw.organizer?.email === calendar.id),
    organizer: raw.organizer?.email ?? "",
    guests: raw.attendees ?? [],
    marks: Object.entries(raw.extendedProperties?.private ?? {}),
    conference: raw.conferenceData ? conference(raw.conferenceData) : "",
    categories: null,
    status: raw.status,
    raw,
  };
}

function conference(data) {
  const points = (data.entryPoints ?? []).map((point) => `${point.entryPointType}  ${point.uri}`);
  const asked = data.createRequest?.status?.statusCode;
  return [data.conferenceSolution?.name, asked && `request: ${asked}`, ...points].filter(Boolean).join("\n");
}

function linkOf(raw, description) {
  const entry = raw.conferenceData?.entryPoints?.find((point) => point.entryPointType === "video")?.uri;
  const inPlace = isLink(raw.location ?? "") ? raw.location : null;
  return entry ?? raw.hangoutLink ?? linkInBlock(description) ?? inPlace ?? knownLink(description);
}
