"""What only HTTP has to refuse; every other way is in throughcare.errors.

NotSignedIn          401  no key, or not one of ours
NotSigned            401  a webhook that nobody we know has signed, or too old
NoSuchMessage        404  no message of this name
NotInstalled         501  a part of the product that this installation was set up without
"""

from throughcare.errors import ThroughcareError

RETRY_AFTER_SECONDS = 5


class NotSignedIn(ThroughcareError):
    status = 401

    def __init__(self) -> None:
        super().__init__(
            "Send your API key in the header `Authorization: Bearer <key>`. None came, or one that is not in force."
        )


class NotSigned(ThroughcareError):
    status = 401

    def __init__(self) -> None:
        super().__init__(
            "No webhook of that organization is in force, or it did not sign this, or did so more than five minutes ago."
        )


class NoSuchMessage(ThroughcareError):
    status = 404

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__(f"There is no such message. Messages are: {', '.join(known)}.")


class NotInstalled(ThroughcareError):
    status = 501

    def __init__(self, extra: str) -> None:
        super().__init__(
            f"This installation was set up without the extra `{extra}`. An operator must install it."
        )
