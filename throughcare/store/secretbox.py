"""Small secrets in the database, encrypted under the key ring, each bound to what it belongs to."""

import secrets  # noqa: TID251 (secrets are sealed at the edge, never in a workflow)
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from throughcare.errors import ThroughcareError
from throughcare.temporal.keys import KeyRing

NONCE_BYTES = 12
# Told apart from the payloads of Temporal, which the same keys encrypt.
PURPOSE = b"throughcare.secretbox"


class SecretUnreadable(ThroughcareError):
    status = 500

    def __init__(self, owner: str, key_id: str) -> None:
        super().__init__(
            f"The secret of {owner} cannot be read with the key {key_id!r} of the key ring."
        )


class SecretBox:
    """`<key id>.<nonce and AES-GCM, in base64>`. A row copied to another owner cannot be opened there."""

    def __init__(self, ring: KeyRing) -> None:
        self._active = ring.active
        self._ciphers = {key_id: AESGCM(key) for key_id, key in ring.keys.items()}

    def seal(self, secret: str, owner: str) -> str:
        nonce = secrets.token_bytes(NONCE_BYTES)
        known = _known(self._active, owner)
        sealed = self._ciphers[self._active].encrypt(nonce, secret.encode(), known)
        return f"{self._active}.{urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, owner: str) -> str:
        """Raises SecretUnreadable."""
        key_id, _, text = sealed.rpartition(".")
        try:
            data = urlsafe_b64decode(text)
            known = _known(key_id, owner)
            opened = self._ciphers[key_id].decrypt(
                data[:NONCE_BYTES], data[NONCE_BYTES:], known
            )
        except (KeyError, ValueError, InvalidTag):
            raise SecretUnreadable(owner, key_id) from None
        return opened.decode()


def _known(key_id: str, owner: str) -> bytes:
    return b"\0".join((PURPOSE, key_id.encode(), owner.encode()))
