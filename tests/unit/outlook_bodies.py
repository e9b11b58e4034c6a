"""Bodies of events as Outlook, Exchange and Teams write them, with made-up names."""

RULE = "_" * 80
URL = (
    "https://teams.microsoft.com/l/meetup-join/19%3ameeting_ZmFrZQ%40thread.v2/0"
    "?context=%7b%22Tid%22%3a%22fake-tenant%22%2c%22Oid%22%3a%22fake-user%22%7d"
)
SHORT = "https://teams.microsoft.com/meet/2345678901234?p=FaKePaSs"
OPTIONS = "https://teams.microsoft.com/meetingOptions/?organizerId=fake-user&amp;tenantId=fake-tenant"


def blob_2020(url=URL):
    """The lines stand outside of the division."""
    line = (
        '<div style="width:100%; height:20px"><span style="white-space:nowrap; color:gray; opacity:.36">'
        f"{RULE}</span>\r\n</div>"
    )
    return (
        f'{line}\r\n<div class="me-email-text" style="color:#252424; font-family:\'Segoe UI\',sans-serif">\r\n'
        f'<div style="margin-top:24px; margin-bottom:10px"><a class="me-email-headline" href="{url}" '
        'target="_blank" rel="noreferrer noopener" style="font-size:18px">Anslut\r\n till Microsoft Teams-möte'
        '</a> </div>\r\n<div><a class="me-email-link" href="tel:&#43;46 8 000 00 00,,291633251# ">'
        "&#43;46 8 000 00 00</a>\r\n<span>&nbsp; Sweden, Stockholm (Toll) </span></div>\r\n"
        '<a class="me-email-link" href="https://aka.ms/JoinTeamsMeeting">Läs mer om Teams</a> |\r\n'
        f'<a class="me-email-link" href="{OPTIONS}">\r\nMötesalternativ</a>\r\n'
        f'<div style="font-size:14px; margin-bottom:4px"></div>\r\n</div>\r\n{line}'
    )


def blob_2024(url=URL):
    """The lines stand inside of the division."""
    line = f'<div aria-hidden="true" style="margin-bottom:24px; white-space:nowrap">\r\n{RULE}</div>'
    return (
        '<div class="me-email-text" lang="en-US" style="max-width:1024px; color:#242424">\r\n'
        f'{line}\r\n<div style="margin-bottom:12px"><span class="me-email-text" style="font-size:24px">Microsoft '
        'Teams</span>\r\n<a href="https://aka.ms/JoinTeamsMeeting?omkt=en-US" class="me-email-link">\r\nNeed help?'
        f'</a> </div>\r\n<div style="margin-bottom:6px"><a href="{url}" id="meet_invite_block.action.join_link" '
        'title="Meeting join link" class="me-email-headline">Join\r\n the meeting now</a> </div>\r\n'
        '<div><span class="me-email-text-secondary">Meeting ID:\r\n</span><span class="me-email-text">312 456 789 '
        '012 3</span>\r\n</div>\r\n<div style="margin-bottom:12px"><hr style="border:0; height:1px">\r\n</div>\r\n'
        f'<div><span class="me-email-text-secondary">For organizers:\r\n</span><a href="{OPTIONS}" '
        f'class="me-email-link">Meeting\r\n options</a> </div>\r\n{line}\r\n</div>'
    )


def blob_of_a_guest(url=URL):
    """A mail filter has rewritten the links, and Outlook on the web the classes."""
    safe = (
        "https://eur01.safelinks.protection.outlook.com/ap/t-59584e83/?url="
        + url.replace("%", "%25")
        .replace(":", "%3A")
        .replace("/", "%2F")
        .replace("?", "%3F")
        .replace("=", "%3D")
        + "&amp;data=05%7C01&amp;sdata=x&amp;reserved=0"
    )
    text = blob_2024(url).replace("me-email", "x_me-email").replace("meet_invite", "x_meet_invite")
    return text.replace(
        f'href="{url}"', f'href="{safe}" originalsrc="{url}" shash="abc=" data-auth="Verified"'
    )


def blob_of_word(url=URL):
    """Outlook for Windows has put it through Word: no class is left."""
    line = f'<p class="MsoNormal"><span style="color:gray">{RULE}</span><o:p></o:p></p>'
    return (
        f'{line}\r\n<p class="MsoNormal"><b><span>Microsoft Teams meeting</span></b><o:p></o:p></p>\r\n'
        f'<p class="MsoNormal"><a href="{url}" target="_blank">Click here to join the meeting</a><o:p></o:p></p>\r\n'
        '<p class="MsoNormal"><a href="https://aka.ms/JoinTeamsMeeting">Learn More</a> | '
        f'<a href="{OPTIONS}">Meeting options</a><o:p>&nbsp;</o:p></p>\r\n{line}'
    )


def blob_without_its_first_line(url=URL):
    return blob_2020(url)[blob_2020(url).index('<div class="me-email-text"') :]


def blob_without_its_last_line(url=URL):
    return blob_2020(url)[: blob_2020(url).rindex("\r\n<div style")]


def blob_as_text(url=URL):
    return (
        f"{RULE}\r\nMicrosoft Teams Need help?<https://aka.ms/JoinTeamsMeeting?omkt=en-US>\r\n"
        f"Join the meeting now<{url}>\r\nMeeting ID: 312 456 789 012\r\nPasscode: Ab3dEf\r\n{'_' * 32}\r\n"
        f"For organizers: Meeting options<{OPTIONS.replace('&amp;', '&')}>\r\n{RULE}"
    )


HTML_BLOBS = (
    blob_2020,
    blob_2024,
    blob_of_a_guest,
    blob_of_word,
    blob_without_its_first_line,
    blob_without_its_last_line,
)

_HEAD = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n'
_WORD = (
    '<html xmlns:o="urn:schemas-microsoft-com:office:office">\r\n<head>\r\n'
    '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n'
    '<meta name="Generator" content="Microsoft Word 15 (filtered medium)">\r\n'
    "<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}</style><![endif]-->\r\n<style>\r\n<!--\r\n"
    '@font-face\r\n\t{font-family:"Cambria Math"}\r\np.MsoNormal, li.MsoNormal\r\n\t{margin:0cm;\r\n'
    '\tfont-size:12.0pt}\r\n-->\r\n</style>\r\n<!--[if gte mso 9]><xml>\r\n<o:shapedefaults v:ext="edit" />\r\n'
    '</xml><![endif]-->\r\n</head>\r\n<body lang="EN-GB" link="#467886">\r\n<div class="WordSection1">\r\n%s'
    "</div>\r\n</body>\r\n</html>\r\n"
)
_PARAGRAPH = '<p class="MsoNormal"><span style="font-size:11.0pt">&nbsp;Test</span><o:p></o:p></p>\r\n'

# Each with %s where something else may stand.
HTML = {
    "nothing": "%s",
    "a whole empty document": f"<html>\r\n<head>\r\n{_HEAD}</head>\r\n<body>\r\n%s</body>\r\n</html>\r\n",
    "of Word": _WORD.replace("%s", f"{_PARAGRAPH}%s"),
    "of Word, nested": _WORD.replace("%s", f"<div>\r\n<div>\r\n{_PARAGRAPH}%s</div>\r\n</div>\r\n"),
    "made from RTF": (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2//EN">\r\n<html>\r\n<head>\r\n<title></title>\r\n</head>\r\n'
        '<body>\r\n<!-- Converted from text/rtf format -->\r\n<p><font face="Aptos">I&#8217;m late</font> </p>\r\n%s'
        '\r\n<p dir="LTR"><span lang="en-us"></span></p>\r\n</body>\r\n</html>'
    ),
    "in capitals, unclosed": "<HTML><HEAD></HEAD>\n<BODY><P>\n<P><FONT SIZE=2>Hi%s</FONT>\n</BODY>\n</HTML>\n",
    "emoji": "<div>Party \U0001f389\U0001f468\u200d\U0001f469\u200d\U0001f467 \u202eesrever</div>%s",
    "nested tables": (
        '<table border="0"><tbody><tr><td><table><tr><td>Mo</td><td>9&nbsp;am</td></tr></table></td><td>%s</td>'
        "</tr></tbody></table><br>"
    ),
    "safe links": (
        '<p>See <a href="https://nam12.safelinks.protection.outlook.com/?url=https%%3A%%2F%%2Fexample.com&amp;x=1" '
        'originalsrc="https://example.com" shash="x" title="Original URL: https://example.com">here</a></p>%s'
    ),
    "unclosed tags": "<div><b>Agenda <i>1. <a href='https://example.com/a'>Budget%s",
    "half a tag": '<div>Agenda</div>%s<a href="https://exam',
    "an open comment": "<div>Agenda</div>%s<!-- <b>x</b>",
    "a comment with an end": "<body><div>x</div>%s</body></html><!-- </body> -->",
    "lone breaks": "<p>one\rtwo\nthree\r\nfour</p>\r%s\n",
    "breaks at the end": "<div>Agenda<br>\r\n<br>\r\n%s<br><br>",
    "lists": "<div>Points:%s<ol>\r\n<li>a</li><li>b &amp; c &lt;d&gt;</li></ol></div>",
    "a mention": '<div>Hello <a id="OWAAM1" class="mention ms-bgc" href="mailto:bob@example.com">@Bob</a>,</div>%s',
    "a line of a person": f"<div>Above</div><div>{RULE}</div><div>Below</div>%s<p>End</p><div>{'_' * 40}</div>",
    "blank": "<html><body><p>&nbsp;</p>\r\n<div><br></div>%s\r\n</body></html>",
}
TEXT = {
    "nothing": "%s",
    "a line": "Agenda: a < b && c > d <ada@example.com>%s",
    "lines of Windows": "Agenda\r\n\r\n1. Budget\r\n%s\r\n",
    "lone breaks": "one\rtwo\nthree\r%s\r",
    "blanks": " \t\r\n %s\n\n",
    "emoji": "\U0001f389 at five%s",
    "mark-up as text": "<p>not a tag</p> &amp; %s&nbsp;",
    "a line of a person": f"Above\n{'_' * 70}\nBelow %s",
}
