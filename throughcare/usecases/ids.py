"""New ids: ULIDs, so they sort by when they were made and tell nothing else."""

import secrets
import time

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
LENGTH = 26
RANDOM_BITS = 80


def new_id() -> str:
    number = (time.time_ns() // 1_000_000) << RANDOM_BITS | secrets.randbits(
        RANDOM_BITS
    )
    return "".join(
        ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH))
    )
