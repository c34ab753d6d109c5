"""Signed links, by which people without an account answer: one answer, from one seat, in one case (ruling 6).

The token is the link's id and a signature under the key ring, so none is kept anywhere and a notice that is sent again
carries the same one.
"""

from hashlib import sha256

from itsdangerous import BadSignature, Signer

from throughcare.temporal.keys import KeyRing

SALT = b"throughcare.links"

ASKING_KINDS = frozenset(
    {
        "opened",
        "rung_opened",
        "told",
        "contact_due",
        "reminder",
        "waiting_for_you",
        "seat_taken",
        "reopened",
        "refused",
    }
)
"""The notices that ask something of whoever gets them."""


SIGNED_KINDS = frozenset({"signature"})
"""The notices by which a member of a team who has no seat is asked to sign: what they answer is their name."""


class LinkSigner:
    def __init__(self, ring: KeyRing) -> None:
        self._signer = Signer(ring.oldest_first, SALT, digest_method=sha256)

    def token(self, link_id: str) -> str:
        return self._signer.sign(link_id).decode()

    def link_id(self, token: str) -> str | None:
        """None where we never signed it."""
        try:
            return self._signer.unsign(token).decode()
        except (BadSignature, UnicodeError):
            return None
