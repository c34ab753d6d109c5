"""A round of notices: which are ours, what they are made from, and by which channel each of them goes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, select

from throughcare.case.notice import Delivered, Delivery, Notice
from throughcare.lifecycles.care_plan.telling import OFF, OUTSIDE
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.plan_facts import CarePlanFacts, Meeting
from throughcare.notices.channel import Channel, Parcel, Round
from throughcare.notices.daily import may_wait
from throughcare.notices.email import EmailChannel, is_of_meeting
from throughcare.notices.failures import (
    PerhapsSent,
    RefusedForNow,
    ServerAway,
    Undeliverable,
)
from throughcare.notices.letters import (
    NO_ANSWER_NEEDED,
    PLAIN,
    LetterWriter,
    by_phone,
)
from throughcare.notices.links import ASKING_KINDS, SIGNED_KINDS, LinkSigner
from throughcare.notices.texts import DAILY_LETTER, SEAT_TAKEN_MANY
from throughcare.store.access import recused_in
from throughcare.store.addressees import (
    LetterCase,
    address_key,
    addressees,
    is_of_directory,
    letter_cases,
    members_outside,
)
from throughcare.store.links import answering_by_link, issue
from throughcare.store.notice_queue import (
    DueNotice,
    claim,
    claim_alone,
    gathered,
    not_needed,
    postpone,
    put_off,
    still_to_do,
    take_over,
    to_do,
)
from throughcare.store.packs import pack_by_digest
from throughcare.store.tables import CaseRow
from throughcare.temporal.tracing import span
from throughcare.time.calendar import Calendar

AFTER_A_FAULT = timedelta(minutes=1)

log = structlog.get_logger("throughcare.notices")


class CaseLetters(NamedTuple):
    """What the letters of one case are written from."""

    about: LetterCase
    writer: LetterWriter
    meetings: Sequence[Meeting] = ()


class Item(NamedTuple):
    """A notice as it stands, and its case."""

    row: DueNotice
    notice: Notice
    case: CaseLetters

    @property
    def seat(self) -> str | None:
        """The seat of the directory that it is for."""
        receiver = self.notice.receiver
        is_there = is_of_directory(self.case.about.kind, receiver)
        return receiver.seat if is_there else None

    def waits_until(self, now: datetime) -> datetime | None:
        """When the daily letter leaves that this goes into; None where it leaves now."""
        if self.row.is_of_daily_letter or self.seat is None:
            return None
        at = self.case.writer.daily_at(self.notice, now)
        return at if at and may_wait(self.notice, at) else None


class Addressed(NamedTuple):
    """A parcel that is ours to send. `server` is what may be away: others that go there wait with it."""

    parcel: Parcel
    row: DueNotice
    channel: str
    server: str
    gathered: tuple[Parcel, ...] = ()
    """Of one letter in place of several, what each of those would have said."""

    @property
    def key(self) -> str:
        return self.row.key

    @property
    def told(self) -> tuple[Parcel, ...]:
        """Every notice that leaves with it."""
        return self.gathered or (self.parcel,)

    @property
    def keys(self) -> list[str]:
        return [each.notice.key for each in self.told]


class Tried(NamedTuple):
    """What came of sending one. `is_away`: the server itself, so that the others for it can wait."""

    outcome: Delivered
    is_away: bool = False


class Left(NamedTuple):
    """What a case is to be told of a notice that somebody left behind."""

    about: LetterCase
    notice: Notice
    outcome: Delivered


class Claimed(NamedTuple):
    """`is_full`: there may be more that is due."""

    letters: Sequence[Addressed]
    left: Sequence[Left]
    is_full: bool


class Terms(NamedTuple):
    """Of a claim: as of when, what counts as left behind, how many at most, and until when a server is left alone."""

    now: datetime
    left_at: datetime
    limit: int
    paused_until: Callable[[str, datetime], datetime | None]


class NoticeSender:
    """Due dates are told in the zone of the agency's calendar, and in UTC where that is not among `calendars`."""

    def __init__(
        self,
        channels: Sequence[Channel],
        public_url: str,
        calendars: Mapping[str, Calendar],
        signer: LinkSigner,
        link_expiry: timedelta,
    ) -> None:
        self._channels = channels
        self.public_url = public_url
        self._calendars = calendars
        self._signer = signer
        self._link_expiry = link_expiry

    def round(self) -> "NoticeRound":
        return NoticeRound(
            self, {channel.name: channel.round() for channel in self._channels}
        )

    def zone_of(self, about: LetterCase) -> ZoneInfo:
        calendar = self._calendars.get(about.calendar or "")
        return ZoneInfo(calendar.zone if calendar else "UTC")

    def link(
        self,
        connection: Connection,
        item: Item,
        without_account: set[str],
        now: datetime,
    ) -> str | None:
        """What stands in place of the case's address, for those without an account. To be called with the notice claimed."""
        page, otherwise = _answered_at(item, without_account)
        if page is None:
            return otherwise
        case_id, notice = item.row.case_id, item.notice
        link_id = issue(connection, case_id, notice, now, self._link_expiry)
        log.info("link.issued", link_id=link_id, notice_key=notice.key)
        return f"{self.public_url}/{page}/{self._signer.token(link_id)}"


class NoticeRound:
    """One claim, then each notice over one connection of its channel. On leaving, the connections are closed."""

    def __init__(self, sender: NoticeSender, channels: Mapping[str, Round]) -> None:
        self._sender = sender
        self._channels = channels
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for each in self._channels.values():
            self._closing.push_async_callback(each.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._closing.aclose()

    def claim(self, connection: Connection, terms: Terms) -> Claimed:
        """Whatever is due, in its order, is ours from now on; cut off before it is settled, it is in doubt."""
        claim_alone(connection)
        rows = [*to_do(connection, terms.now, terms.left_at, terms.limit)]
        is_full = len(rows) >= terms.limit
        rows += gathered(connection, rows)
        items = self._items(connection, rows, terms.now) if rows else []
        due, over = self._needed(
            connection,
            [each for each in items if each.row.delivery == Delivery.queued],
            terms.now,
        )
        left = [each for each in items if each.row.delivery != Delivery.queued]
        letters = self._letters(connection, due, terms) if due else []
        told = [*_taken_over(connection, left, terms), *over]
        return Claimed(letters, told, is_full)

    def _needed(
        self, connection: Connection, due: Sequence[Item], now: datetime
    ) -> tuple[list[Item], list[Left]]:
        """Without what was done since it was queued: of that nobody is told but the case, where it waits for it."""
        needed: list[Item] = []
        over: dict[str, Item] = {}
        for each in due:
            notice = still_to_do(connection, each.row.case_id, each.notice)
            if notice:
                needed.append(each._replace(notice=notice))
            else:
                over[each.row.key] = each
        waited_for = not_needed(connection, over, now)
        return needed, [
            Left(
                each.case.about,
                each.notice,
                Delivered(key=key, delivery=Delivery.needless),
            )
            for key, each in over.items()
            if key in waited_for
        ]

    def _items(
        self, connection: Connection, rows: Sequence[DueNotice], now: datetime
    ) -> list[Item]:
        """Those of a case that cannot be read wait alone: they keep nobody else's from leaving."""
        cases = letter_cases(connection, {row.case_id for row in rows})
        items: list[Item] = []
        for case_id, mine in _by_case(rows).items():
            try:
                items += self._of_case(connection, cases[case_id], mine)
            except (LookupError, ValueError) as error:
                log.error("notices.failed", case_id=case_id, exc_info=error)
                keys = [row.key for row in mine]
                postpone(connection, keys, now + AFTER_A_FAULT)
        return items

    def _of_case(
        self, connection: Connection, about: LetterCase, rows: Sequence[DueNotice]
    ) -> list[Item]:
        notices = [Notice.model_validate(row.body) for row in rows]
        people = addressees(connection, _people(about, notices))
        plan = _plan(connection, about.case_id, notices)
        if plan:
            # Whoever left is told that they are no longer expected at a meeting, and nothing more.
            left = {e.receiver.seat or "" for e in notices if e.kind.endswith(OFF)}
            people |= members_outside(plan, left=left)
        pack = pack_by_digest(connection, about.pack.digest)
        zone = self._sender.zone_of(about)
        out = recused_in(connection, about.case_id)
        writer = LetterWriter(about, pack, people, zone, self._sender.public_url, out)
        case = CaseLetters(about, writer, plan.meetings if plan else ())
        return [Item(*each, case) for each in zip(rows, notices, strict=True)]

    def _letters(
        self, connection: Connection, due: Sequence[Item], terms: Terms
    ) -> list[Addressed]:
        seats = {each.seat for each in due if each.seat}
        without_account = answering_by_link(connection, seats)
        waiting = {
            each.row.key: until
            for each in due
            if each.seat not in without_account
            and (until := each.waits_until(terms.now))
        }
        ours = self._assigned(connection, due, waiting, terms)
        letters = [
            Addressed(
                Parcel(
                    each.notice,
                    each.case.about,
                    each.case.writer,
                    self._sender.link(connection, each, without_account, terms.now),
                    each.case.meetings,
                ),
                each.row,
                *ours[each.row.key],
            )
            for each in due
            if each.row.key in ours
        ]
        return [*self._one_for_each_gathering(letters, without_account)]

    def _one_for_each_gathering(
        self, letters: Sequence[Addressed], without_account: set[str]
    ) -> Iterator[Addressed]:
        """Whoever takes a seat gets one letter about all its cases, and whoever wants a daily letter one about all that waited
        for it. Without an account they answer each by its own link."""
        gathered: dict[str, list[Addressed]] = {}
        for each in letters:
            notice, gathering = each.parcel.notice, each.row.gathering
            if (
                gathering
                and each.channel == EmailChannel.name
                and notice.receiver.seat not in without_account
                and each.parcel.writer.may_be_told(notice)
                and (not each.row.is_of_daily_letter or _lines(each.parcel))
            ):
                gathered.setdefault(gathering, []).append(each)
            else:
                yield each
        for alike in gathered.values():
            yield self._in_one(alike) if len(alike) > 1 else alike[0]

    def _in_one(self, alike: Sequence[Addressed]) -> Addressed:
        parcels = tuple(each.parcel for each in alike)
        dues = (parcel.notice.due_at for parcel in parcels)
        is_daily = alike[0].row.is_of_daily_letter
        cases = str(len({parcel.about.case_id for parcel in parcels}))
        said = {
            "kind": DAILY_LETTER if is_daily else SEAT_TAKEN_MANY,
            "what": _in_lines(parcels) if is_daily else cases,
            "due_at": min((due for due in dues if due), default=None),
            "basis": None,
            "duties": (),
        }
        first = parcels[0]
        notice = first.notice.model_copy(update=said)
        link = f"{self._sender.public_url}/duties?mine=true"
        return alike[0]._replace(
            parcel=first._replace(notice=notice, link=link), gathered=parcels
        )

    def _assigned(
        self,
        connection: Connection,
        due: Sequence[Item],
        waiting: Mapping[str, datetime],
        terms: Terms,
    ) -> dict[str, tuple[str, str]]:
        """By which channel and to which server those go that are ours. What a server that is away would get waits, and so does
        what goes into a daily letter."""
        left = {each.row.key: each.seat for each in due}
        ours: dict[str, tuple[str, str]] = {}
        for name, channel in self._channels.items():
            mine: dict[str, str] = {}
            for key, server in channel.servers(connection, left).items():
                del left[key]
                if until := terms.paused_until(server, terms.now):
                    postpone(connection, [key], until)
                elif name == EmailChannel.name and key in waiting:
                    put_off(connection, key, waiting[key])
                else:
                    mine[key] = server
            claimed = claim(connection, mine, name, terms.now)
            ours |= {key: (name, mine[key]) for key in claimed}
        return ours

    async def send(self, letter: Addressed, at: datetime) -> Tried:
        with span("notices.send", {"notice.channel": letter.channel}) as traced:
            delivery, reason, is_away = await self._tried(letter, at)
            if traced:
                traced.set_attribute("outcome", delivery)
        log.info("notice.tried", notice_key=letter.key, status=delivery)
        outcome = Delivered(
            key=letter.key, delivery=delivery, reason=reason, channel=letter.channel
        )
        return Tried(outcome, is_away)

    async def _tried(
        self, letter: Addressed, at: datetime
    ) -> tuple[Delivery, str, bool]:
        try:
            letter.parcel.writer.check_may_be_told(letter.parcel.notice)
            await self._channels[letter.channel].send(letter.parcel, at)
        except Undeliverable as error:
            return Delivery.failed, error.reason, False
        except ServerAway as error:
            is_away = not isinstance(error, RefusedForNow)
            return Delivery.queued, error.reason, is_away
        except PerhapsSent as error:
            return Delivery.uncertain, error.reason, False
        return Delivery.delivered, "", False


def _plan(
    connection: Connection, case_id: str, notices: Sequence[Notice]
) -> CarePlanFacts | None:
    """What the case knows of its team and their meetings as they stand now, which may be later than the notice."""
    if not any(map(_is_of_team, notices)):
        return None
    facts = connection.scalar(select(CaseRow.facts).where(CaseRow.id == case_id))
    return ClientFacts.model_validate(facts).life if facts else None


def _by_case(rows: Sequence[DueNotice]) -> Mapping[str, list[DueNotice]]:
    found: dict[str, list[DueNotice]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


def _is_of_team(notice: Notice) -> bool:
    return is_of_meeting(notice) or notice.receiver.role == OUTSIDE


def _lines(parcel: Parcel) -> list[str]:
    """Those of a letter about several cases; none where this notice cannot be told in it."""
    try:
        return parcel.writer.lines(parcel.notice)
    except Undeliverable:
        return []


def _in_lines(parcels: Sequence[Parcel]) -> str:
    """The letter ends with what the first of them is to end with, so here are the other endings."""
    lines = [line for parcel in parcels for line in _lines(parcel)]
    first, *others = (parcel.writer.redisclosure(PLAIN) for parcel in parcels)
    endings = dict.fromkeys(each for each in others if each not in ("", first))
    return "\n\n".join(["\n".join(lines), *endings])


def _people(about: LetterCase, notices: Sequence[Notice]) -> set[str]:
    seats = [notice.receiver for notice in notices]
    seats += [notice.sender for notice in notices if notice.sender]
    return {key for seated in seats if (key := address_key(about.kind, seated))}


def _taken_over(
    connection: Connection, left: Sequence[Item], terms: Terms
) -> Sequence[Left]:
    items = {each.row.key: each for each in left}
    told = take_over(connection, list(items), terms.now, terms.left_at)
    return [
        Left(items[each.key].case.about, items[each.key].notice, each) for each in told
    ]


def _answered_at(
    item: Item, without_account: set[str]
) -> tuple[str | None, str | None]:
    """The page that takes an answer to this without an account; where there is none, what stands in its place, if anything."""
    about, notice = item.case.about, item.notice
    if about.kind != "conflict" and notice.receiver.role == OUTSIDE:
        return ("sign" if notice.kind in SIGNED_KINDS else None), None
    if item.seat not in without_account:
        return None, None
    if about.kind != "conflict":
        return None, by_phone(about.agency)
    if notice.kind not in ASKING_KINDS:
        return None, NO_ANSWER_NEEDED
    return "answer", None
