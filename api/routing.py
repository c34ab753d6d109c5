"""Routes by group. There are some three hundred, and the framework tries one after the other, twice."""

import re

from fastapi import APIRouter
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

NAMED = re.compile(r"\(\?P<\w+>")


class Routes(APIRouter):
    """Routes that are tried only where one of them has the path."""

    _paths: re.Pattern[str] | None = None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if self._paths is None:
            self._paths = re.compile("|".join(map(_pattern, self.routes)))
        if not self._paths.match(scope["path"]):
            return Match.NONE, {}
        return super().matches(scope)


def _pattern(route: BaseRoute) -> str:
    """Of a path by itself, whatever is in it called."""
    assert isinstance(route, Route)
    return NAMED.sub("(?:", route.path_regex.pattern)
