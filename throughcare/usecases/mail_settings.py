"""How somebody's letters leave: each at once, or one a day about all that can wait."""

from datetime import datetime

from sqlalchemy import Connection, update

from throughcare.errors import NotForYou, NotThere
from throughcare.store.changes import record_change
from throughcare.store.directory import MailSetting, mail_setting
from throughcare.store.notice_queue import put_off_no_longer
from throughcare.store.tables import PersonRow
from throughcare.usecases.asking import Asking


def mail_setting_seen(
    connection: Connection, asking: Asking, person_id: str
) -> MailSetting:
    """For themself and the administrator. Raises NotForYou and NotThere."""
    if person_id != asking.person_id and not asking.is_administrator:
        raise NotForYou(
            "How letters leave is set by whom they go to, or the administrator."
        )
    found = mail_setting(connection, person_id)
    if found is None:
        raise NotThere("person")
    return found


def set_mail(
    connection: Connection,
    person_id: str,
    before: MailSetting,
    after: MailSetting,
    *,
    by: str,
    at: datetime,
) -> None:
    """What waits by the setting of before is due now. To be called with the person locked."""
    if before == after:
        return
    theirs = update(PersonRow).where(PersonRow.id == person_id)
    connection.execute(theirs.values(daily_hour=after.daily_hour))
    put_off_no_longer(connection, person_id)
    was, becomes = ({"person": person_id, **e.model_dump()} for e in (before, after))
    record_change(connection, "mail_changed", [], was, becomes, by=by, at=at)
