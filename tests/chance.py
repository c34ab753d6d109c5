"""How long tests that act at random go on: bounded and the same every time, unless told to look further.

TEST_EFFORT=20 has each try twenty times as much, something else every time, and cut what fails to the shortest case
that does, which may take minutes.
"""

import os

from hypothesis import HealthCheck, Phase, settings

EFFORT = int(os.environ.get("TEST_EFFORT", "1"))
SECONDS = 120 * EFFORT


def tries(examples: int, *, steps: int = 50) -> settings:
    bounded = EFFORT == 1
    return settings(
        max_examples=examples * EFFORT,
        stateful_step_count=steps,
        derandomize=bounded,
        phases=[Phase.generate] if bounded else [Phase.generate, Phase.shrink],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
