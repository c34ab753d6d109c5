"""How long tests that act at random go on: bounded and the same every time, unless told to look further.

`make test` tries part of what `make test-all` does. TEST_EFFORT=20 has each try twenty times as much as that, something
else every time, and cut what fails to the shortest case that does, which may take minutes.
"""

import os

from hypothesis import HealthCheck, Phase, settings

EFFORT = int(os.environ.get("TEST_EFFORT", "1"))
SECONDS = 120 * EFFORT

QUICK, FULL = "quick", "full"
for profile in (QUICK, FULL):
    settings.register_profile(profile, deadline=None)


def choose(*, full: bool) -> None:
    """Before any test is read, as each asks for its number of tries then."""
    settings.load_profile(FULL if full or EFFORT > 1 else QUICK)


def is_full() -> bool:
    return settings.get_current_profile_name() == FULL


def tries(examples: int, *, quick: int | None = None, steps: int = 50) -> settings:
    """`quick`: as many in `make test`."""
    bounded = EFFORT == 1
    chosen = examples if quick is None or is_full() else quick
    return settings(
        max_examples=chosen * EFFORT,
        stateful_step_count=steps,
        derandomize=bounded,
        phases=[Phase.generate] if bounded else [Phase.generate, Phase.shrink],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
