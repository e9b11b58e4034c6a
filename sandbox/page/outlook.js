// People at Outlook: what they have, and what they can do.

import { ask, get, post } from "./api.js";
import { asks, isLink, knownLink, linkInBlock, serviceOf, withoutBlock } from "./links.js";
import { readable } from "./markup.js";
import { MINUTE, fromIsoDay, isoDay } from "./time.js";

export const CATEGORIES = ["Zoom", "Teams", "Video call"];

const GIVEN = { accepted: "accepted", tentativelyAccepted: "tentative", declined: "declined", organizer: "accepted" };
const GIVING = { accepted: "accepted", tentative: "tentativelyAccepted", declined: "declined" };
const PROPERTY = /\bName (.+)$/;

const escaped = encodeURIComponent;
const people = (owner) => `/_sandbox/outlook/${escaped(owner)}/events`;
const one = (event) => `${people(event.owner)}/${escaped(event.id)}`;

export const outlook = {
  name: "Outlook",
  restorable: false,

  calendars: (state, users) => Object.entries(state.microsoft?.calendars ?? {}).map(([id, calendar]) => {
    const person = users.find((user) => user.email === calendar.owner)?.name ?? calendar.owner;
    return {
      id,
      provider: "microsoft",
      owner: calendar.owner,
      name: calendar.default ? person : `${person}: ${calendar.name}`,
      detail: calendar.owner,
      tag: "Outlook",
    };
  }),

  // Asks for the occurrences of each series, because the state has only the series itself.
  async prepare(state, from, to) {
    const series = Object.values(state.microsoft?.calendars ?? {}).flatMap((calendar) => calendar.events
      .filter((raw) => raw.type === "seriesMaster")
      .map((raw) => [calendar, raw]));
    await Promise.all(series.map(async ([calendar, raw]) => {
      const span = `since=${escaped(from.toISOString())}&until=${escaped(to.toISOString())}`;
      raw.dates = (await get(`${people(calendar.owner)}/${escaped(raw.id)}/instances?${span}`)).value;
    }));
  },

  events(state, calendar, from, to) {
    const rows = state.microsoft.calendars[calendar.id].events;
    const dates = rows.flatMap((raw) => (raw.dates ?? []).map((date) => ({ ...date, series: raw.iCalUId })));
    return [...rows.filter((raw) => raw.type === "singleInstance"), ...dates]
      .map((raw) => seen(calendar, raw))
      .filter((event) => event.start < to && event.end > from);
  },

  add: (calendar, { title, start, end, location, guests }) => post(`${people(calendar.owner)}?calendar=${escaped(calendar.id)}`, {
    subject: title,
    start: moment(start),
    end: moment(end),
    ...(location ? { location: { displayName: location } } : {}),
    ...(guests.length ? { attendees: guests.map((email) => attendee({ email })) } : {}),
  }),
  move: (event, start, end) => ask("PATCH", one(event), { start: moment(start, event), end: moment(end, event) }),
  rename: (event, title) => ask("PATCH", one(event), { subject: title }),
  setGuests: (event, guests) => ask("PATCH", one(event), { attendees: guests.map(attendee) }),
  setCategories: (event, categories) => ask("PATCH", one(event), { categories }),
  removeLink: (event) => ask("PATCH", one(event), event.raw.onlineMeeting?.joinUrl === event.link ? { isOnlineMeeting: false } : {
    body: { ...event.raw.body, content: withoutBlock(event.raw.body.content) },
    ...(event.location && placeLink(event.raw) === event.link ? { location: { displayName: "" } } : {}),
  }),
  cancel: (event) => ask("DELETE", one(event)),
  answer: (event, status) => post(`${one(event)}/respond`, { response: GIVING[status] }),
};

function moment(date, event) {
  if (event?.allDay) return { dateTime: `${isoDay(date)}T00:00:00`, timeZone: "UTC" };
  return { dateTime: date.toISOString().slice(0, -1), timeZone: "UTC" };
}

const attendee = (guest) => guest.raw ?? { emailAddress: { address: guest.email }, type: "required" };

function seen(calendar, raw) {
  const { body } = raw;
  const when = (side) => (raw.isAllDay ? fromIsoDay(side.dateTime.slice(0, 10)) : new Date(`${side.dateTime.slice(0, 23)}Z`));
  const text = body.contentType === "html" ? readable(body.content) : body.content;
  const link = linkOf(raw, text);
  return {
    key: `${calendar.id}/${raw.id}`,
    id: raw.id,
    uid: raw.series ?? raw.iCalUId,
    provider: "microsoft",
    calendar: calendar.id,
    owner: calendar.owner,
    title: raw.subject || "(no subject)",
    start: when(raw.start),
    end: new Date(Math.max(when(raw.end), +when(raw.start) + MINUTE)),
    allDay: raw.isAllDay,
    cancelled: raw.isCancelled,
    location: raw.location?.displayName ?? "",
    description: text,
    link,
    service: link ? serviceOf(link) : null,
    waiting: !link && !raw.isCancelled && (raw.isOnlineMeeting || flagged(raw) || asks(raw.subject, raw.location?.displayName, text)),
    recurring: raw.type !== "singleInstance",
    mine: raw.isOrganizer,
    organizer: raw.organizer?.emailAddress.address ?? "",
    guests: (raw.attendees ?? []).map((one) => guest(calendar, raw, one)),
    marks: (raw.singleValueExtendedProperties ?? []).map(({ id, value }) => [id.match(PROPERTY)?.[1] ?? id, value]),
    conference: raw.isOnlineMeeting ? [raw.onlineMeetingProvider, raw.onlineMeeting?.joinUrl ?? "no join URL yet"].join("\n") : "",
    categories: raw.categories ?? [],
    status: raw.isCancelled ? "cancelled" : "confirmed",
    raw,
  };
}

// Of a copy, one's own answer is on the event itself.
function guest(calendar, raw, one) {
  const self = !raw.isOrganizer && one.emailAddress.address.toLowerCase() === calendar.owner;
  const response = self ? raw.responseStatus?.response : one.status?.response;
  return { email: one.emailAddress.address, self, responseStatus: GIVEN[response] ?? "needsAction", raw: one };
}

const flagged = (raw) => (raw.categories ?? []).some((name) => CATEGORIES.some((known) => known.toLowerCase() === name.toLowerCase()));

function placeLink(raw) {
  const { displayName = "", locationUri = "" } = raw.location ?? {};
  return [displayName, locationUri].find((text) => isLink(text ?? "")) ?? null;
}

function linkOf(raw, text) {
  return raw.onlineMeeting?.joinUrl ?? linkInBlock(text) ?? placeLink(raw) ?? knownLink(text) ?? knownLink(hrefs(raw.body));
}

const hrefs = (body) => (body.contentType === "html" ? body.content.replaceAll("&amp;", "&") : "");
