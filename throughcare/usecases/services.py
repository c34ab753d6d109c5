"""What carrying a request out takes, whoever asks for it: the API, the command line, a page."""

from collections.abc import Mapping
from typing import Protocol

from throughcare.store.database import Database
from throughcare.time.calendar import Calendar
from throughcare.usecases.adopted_packs import AdoptedPacks
from throughcare.usecases.desk import Desk


class Services(Protocol):
    @property
    def database(self) -> Database: ...

    @property
    def desk(self) -> Desk: ...

    @property
    def adopted_packs(self) -> AdoptedPacks: ...

    @property
    def calendars(self) -> Mapping[str, Calendar]: ...
