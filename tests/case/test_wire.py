"""What crosses the wire, and what histories keep of it."""

from tests.samples import case_record, duty
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import Allowed
from throughcare.case.wire import CaseRecord


class LaterCaseRecord(CaseRecord):
    """As a later release might have it."""

    county: str = ""


def test_a_field_added_with_a_default_changes_no_fingerprint_of_before():
    record = case_record()

    later = LaterCaseRecord.model_validate(record.model_dump())

    assert later.digest() == record.digest()


def test_a_record_that_says_something_else_has_another_fingerprint():
    missed = case_record(duties=(duty(status=DutyStatus.missed),))

    assert missed.digest() != case_record(duties=(duty(),)).digest()


def test_a_message_that_a_lifecycle_takes_since_changes_no_fingerprint_of_before():
    record = case_record(duties=(duty(),), allowed=())

    later = record.model_copy(
        update={
            "allowed": (Allowed(message="booked", seats=("seat-a",), titles=("A",)),),
            "duties": (
                duty().model_copy(
                    update={"answers": ("booked",), "answered_from": ("seat-a",)}
                ),
            ),
        }
    )

    assert later != record
    assert later.digest() == record.digest()
