"""The product's own notices: of what happens to messages and cases, which no policy speaks of.

A pack may say them in its own words, under the same names and with the same placeholders (NOTICE_FIELDS).
"""

from throughcare.packs.pack import NoticeText

SEAT_TAKEN_MANY = "seat_taken_many"
"""One letter in place of a `seat_taken` for each of several cases; {what} is how many."""

DAILY_LETTER = "daily_letter"
"""One letter a day in place of all that can wait until then; {what} is its lines."""

OWN_NOTICES = {
    DAILY_LETTER: NoticeText(
        subject="What is new in your cases",
        body=(
            "{receiver},\n\nyou asked for one letter a day. This came since the last one and is still so:\n\n{what}\n\n"
            "What else is yours to do:\n{link}\n"
        ),
    ),
    SEAT_TAKEN_MANY: NoticeText(
        subject="{receiver_title}: {what} cases are yours now",
        body=(
            "{receiver},\n\nthe seat of {receiver_title} is yours now, and with it duties in {what} cases. "
            "Due dates have not changed. The next: {due}.\n\n{link}\n"
        ),
    ),
    "refused": NoticeText(
        subject="{lifecycle} {case}: what you sent was not applied",
        body=(
            "{receiver},\n\nwhat you sent for this case, “{what}”, was kept until it could be heard, and was then refused. "
            "Nothing in the case was changed by it. The timeline of the case says why.\n\n{link}\n"
        ),
    ),
    "unread": NoticeText(
        subject="{lifecycle} {case}: a message was not taken",
        body=(
            "{receiver},\n\na message was left in this case that could not be taken: nobody can read it, or nobody can say who "
            "sent it. Nothing in the case was changed by it. The timeline of the case says why.\n\n{link}\n"
        ),
    ),
    "full": NoticeText(
        subject="{lifecycle} {case}: it holds as much as one case can",
        body="{receiver},\n\nmessages to this case are refused from now on, and its clocks go on:\n\n{what}\n\n{link}\n",
    ),
    "attested": NoticeText(
        subject="{lifecycle} {case}: your word was entered for you",
        body=(
            "{receiver},\n\nsomebody else entered in this case what you told them: “{what}”.\n\n"
            "If that is not what you said, tell the Care Coordinator's side; a correction is added and both stay on record.\n{link}\n"
        ),
    ),
    "reopened": NoticeText(
        subject="{lifecycle} {case}: taken up again",
        body="{receiver},\n\nthe case was taken up again:\n\n{what}\n\n{link}\n",
    ),
    "taken_back": NoticeText(
        subject="{lifecycle} {case}: it was an error",
        body="{receiver},\n\nwhat you were told of in this case was entered by mistake and is taken back:\n\n{what}\n\n{link}\n",
    ),
    "merged": NoticeText(
        subject="{lifecycle} {case}: merged into another case",
        body="{receiver},\n\nthe case was about the same dispute as another one, which goes on with it:\n\n{what}\n\n{link}\n",
    ),
    "refiled": NoticeText(
        subject="{lifecycle} {case}: filed anew",
        body="{receiver},\n\nthe case was on the wrong ladder and begins anew on the right one:\n\n{what}\n\n{link}\n",
    ),
}

_NOT_EXPECTED = NoticeText(
    subject="{lifecycle} {case}: a meeting of the team leaves your calendar",
    body="{receiver},\n\nyou are no longer expected at meeting {what} of the team, which was set for this time:\n\n{due}\n\n{link}\n",
)

SERVED_NOTICES = {
    "attested": NoticeText(
        subject="{lifecycle} {case}: your word was entered for you",
        body=(
            "{receiver},\n\nsomebody else entered in this case what you told them: “{what}”.\n\n"
            "If that is not what you said, tell whoever you told it to; a correction is added and both stay on record.\n{link}\n"
        ),
    ),
    "emergency_access": NoticeText(
        subject="{lifecycle} {case}: the client was opened in an emergency",
        body=(
            "{receiver},\n\n{sender} opened the person this case is about for a few hours, with a reason "
            "that is on record. Quality Assurance reviews that (GET /emergency-accesses, {what}) by\n\n{due}\n\n{link}\n"
        ),
    ),
    "emergency_access_overdue": NoticeText(
        subject="{lifecycle} {case}: a review of an emergency access is overdue",
        body=(
            "{receiver},\n\nthe person this case is about was opened in an emergency, with a reason that is on record. That was to be "
            "reviewed (GET /emergency-accesses, {what}) by\n\n{due}\n\nand nobody has. Say in POST /emergency-accesses/{what}/review "
            "what came of it.\n\n{link}\n"
        ),
    ),
    "member_meeting": NoticeText(
        subject="{lifecycle} {case}: a meeting of the team",
        body=(
            "{receiver},\n\nthe team you are on meets, and you are asked to be there. It is meeting {what}, at this time:\n\n{due}\n\n"
            "Whoever can tell you where it is:\n\n{link}\n"
        ),
    ),
    "meeting_off": _NOT_EXPECTED,
    "member_meeting_off": _NOT_EXPECTED,
    "client_meeting_off": NoticeText(
        subject="A meeting that is off",
        body="Hello,\n\nYou need not come to the meeting we asked you to, at this time:\n\n{due}\n\n{link}\n",
    ),
}
"""Those that a case about a client says in other words than a conflict, which has sides, and those for members of a team who
have no account."""

SERVED_NOTICES_IN = {
    "es": {
        "client_meeting_off": NoticeText(
            subject="Una reunión que no se hará",
            body="Hola:\n\nYa no hace falta que venga a la reunión a la que le invitamos, en esta fecha:\n\n{due}\n\n{link}\n",
        ),
    },
}
"""What is said to a client, in other languages."""
