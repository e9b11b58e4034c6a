// What the providers see: living Zoom meetings, the call log and the mail outbox.

import { byId, fill, h } from "./dom.js";
import { clock, clockSeconds, shortDay } from "./time.js";

const SHOWN = 30;

export function drawZoom(meetings, acts) {
  byId("zoom-count").textContent = String(meetings.length);
  fill(byId("zoom"), meetings.length ? meetings.toReversed().map((meeting) => zoomRow(meeting, acts)) : h("li", { className: "empty" }, "No meeting yet."));
}

function zoomRow(meeting, acts) {
  const begin = meeting.start_time && new Date(meeting.start_time);
  const when = begin ? `${shortDay(begin)}, ${clock(begin)} · ${meeting.duration} min` : "any time";
  return h("li", {},
    h("div", {}, h("b", {}, meeting.topic), meeting.webinar && h("span", { className: "badge waiting" }, "webinar")),
    h("p", {}, when),
    h("p", { className: "quiet" }, `${spaced(meeting.id)} · ${meeting.host_email}`),
    h("div", { className: "acts" },
      h("button", { type: "button", onclick: () => acts.deleteMeeting(meeting.id), title: "As a person in the Zoom portal" }, "Delete in Zoom"),
      !meeting.webinar && h("button", { type: "button", onclick: () => acts.makeWebinar(meeting.id) }, "Make webinar"),
    ),
  );
}

const spaced = (id) => String(id).replace(/^(\d+)(\d{4})(\d{4})$/, "$1 $2 $3");

export function drawCalls(calls, total) {
  byId("call-count").textContent = String(total);
  fill(byId("calls"), calls.length ? calls.slice(-SHOWN).toReversed().map(callRow) : h("li", { className: "empty" }, "Nobody has called yet."));
}

function callRow(call) {
  const more = [`${call.method} ${call.path}`, call.user, call.fault && `fault: ${call.fault}`].filter(Boolean).join("\n");
  return h("li", { title: more },
    h("span", { className: `code ${colour(call.status)}` }, call.status === null ? "…" : call.status === 0 ? "cut" : String(call.status)),
    h("span", { className: "op" }, h("i", { className: `dot ${call.provider}` }), call.op),
    h("span", { className: "who" }, (call.user ?? "").split("@")[0]),
    h("time", {}, clockSeconds(new Date(call.at))),
  );
}

function colour(status) {
  if (status === null) return "open";
  if (status === 0) return "cut";
  if (status < 300) return "good";
  return status < 500 ? "poor" : "bad";
}

export function drawMails(mails) {
  byId("mail-count").textContent = String(mails.length);
  fill(byId("mails"), mails.length ? mails.slice(-SHOWN).toReversed().map(mailRow) : h("li", { className: "empty" }, "Nobody would have been mailed."));
}

function mailRow(mail) {
  return h("li", {},
    h("div", {}, h("span", { className: `kind ${mail.kind}` }, mail.kind), h("time", {}, clock(new Date(mail.at)))),
    h("p", {}, mail.subject),
    h("p", { className: "quiet" }, `to ${mail.to}`),
  );
}
