"""The text by which Teams invites: appended to the body of an event, and known again by its link."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from sandbox.microsoft.merging import SHELL

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

LINE = "_" * 80
HTML = """\
\r
<br>\r
<div style="width:100%"><span style="white-space:nowrap; color:#5F5F5F; opacity:.36">{line}</span>\r
</div>\r
<div class="me-email-text" lang="en-US" style="color:#252424; font-family:'Segoe UI','Helvetica Neue',\
Helvetica,Arial,sans-serif">\r
<div style="margin-top:24px; margin-bottom:20px"><span style="font-size:24px; color:#252424">\
Microsoft Teams meeting</span>\r
</div>\r
<div style="margin-bottom:20px">\r
<div style="margin-top:0px; margin-bottom:0px; font-weight:bold"><span style="font-size:14px">\
Join on your computer, mobile app or room device</span>\r
</div>\r
<a href="{url}" class="me-email-headline" target="_blank" rel="noreferrer noopener" \
style="font-size:14px; text-decoration:underline; color:#6264a7">Click\r
 here to join the meeting</a> </div>\r
<div style="margin-bottom:20px; margin-top:20px"><span style="font-size:14px">Meeting ID:\r
<span style="font-size:16px">{id}</span> </span><br>\r
<span style="font-size:14px">Passcode: </span><span style="font-size:16px">{passcode} </span></div>\r
<div style="margin-bottom:24px; margin-top:20px"><a href="https://aka.ms/JoinTeamsMeeting" \
class="me-email-link" style="font-size:14px; text-decoration:underline; color:#6264a7">Learn More</a>\r
 | <a href="{options}" class="me-email-link" style="font-size:14px; text-decoration:underline; \
color:#6264a7">\r
Meeting options</a> </div>\r
</div>\r
<div style="width:100%"><span style="white-space:nowrap; color:#5F5F5F; opacity:.36">{line}</span>\r
</div>\r
"""
TEXT = """\
\r
{line}\r
Microsoft Teams meeting\r
Join on your computer, mobile app or room device\r
Click here to join the meeting<{url}>\r
Meeting ID: {id}\r
Passcode: {passcode}\r
Learn More<https://aka.ms/JoinTeamsMeeting> | Meeting options<{options}>\r
{line}\r
"""
END = re.compile(r"\s*</body>", re.IGNORECASE)


def added(body: Mapping[str, Any], meeting: Mapping[str, Any]) -> Json:
    """Return a body with the invitation at its end."""
    if body["contentType"] != "html":
        return {**body, "content": body["content"] + written(meeting, html=False)}
    content = body["content"] or SHELL.replace("{}", "")
    end = list(END.finditer(content))
    at = end[-1].start() if end else len(content)
    return {**body, "content": content[:at] + written(meeting, html=True) + content[at:]}


def written(meeting: Mapping[str, Any], *, html: bool) -> str:
    """Return the invitation to a meeting."""
    values = {name: escape(meeting[name]) if html else meeting[name] for name in ("url", "id", "passcode")}
    options = escape(meeting["options"]) if html else meeting["options"]
    return (HTML if html else TEXT).format(line=LINE, options=options, **values)


def carries(body: Mapping[str, Any], url: str) -> bool:
    """Say whether a body has the invitation to the meeting with that link."""
    content = body["content"]
    return url in content and ("me-email-headline" in content or body["contentType"] != "html")


def without(body: Mapping[str, Any], meeting: Mapping[str, Any]) -> Json:
    """Return a body from which the invitation is taken, where it stands as it was written."""
    text = written(meeting, html=body["contentType"] == "html")
    return {**body, "content": body["content"].replace(text, "")}
