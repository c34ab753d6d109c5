"""The tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agencies",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("packs", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agencies")),
    )
    op.create_table(
        "applied_records",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "case_id", "at", "version", name=op.f("pk_applied_records")
        ),
    )
    op.create_table(
        "case_changes",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_case_changes")),
    )
    with op.batch_alter_table("case_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_changes_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_case_changes_transaction_id_seq"),
            ["transaction_id", "seq"],
            unique=False,
        )

    op.create_table(
        "cases",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("agency_id", sa.String(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("program_title", sa.String(), nullable=False),
        sa.Column("pack_id", sa.String(), nullable=False),
        sa.Column("pack_version", sa.Integer(), nullable=False),
        sa.Column("pack_digest", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=True),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("step_title", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("allowed", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("carried", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_cases_client_id"), ["client_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_cases_kind_opened_at_id"),
            ["kind", "opened_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_cases_opened_at_id"), ["opened_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_cases_status_opened_at_id"),
            ["status", "opened_at", "id"],
            unique=False,
        )

    op.create_table(
        "clients",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("references", sa.JSON(), nullable=False),
        sa.Column("spokespersons", sa.JSON(), nullable=False),
        sa.Column("same_as", sa.String(), nullable=True),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("phone_key", sa.String(), nullable=True),
        sa.Column("email_key", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_from", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_clients_email_key"), ["email_key"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_clients_name_key"), ["name_key"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_clients_phone_key"), ["phone_key"], unique=False
        )

    op.create_table(
        "directory_changes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("seat_ids", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_changes")),
    )
    op.create_table(
        "duty_holders",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("duty_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("seat_id", sa.String(), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "case_id", "duty_id", "role", name=op.f("pk_duty_holders")
        ),
    )
    with op.batch_alter_table("duty_holders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_duty_holders_person_id_open"),
            ["person_id", "open"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_duty_holders_seat_id_open"),
            ["seat_id", "open"],
            unique=False,
        )

    op.create_table(
        "engagements",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagements")),
    )
    with op.batch_alter_table("engagements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_engagements_on_date_id"), ["on_date", "id"], unique=False
        )

    op.create_table(
        "idempotency_keys",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("resource_id", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_idempotency_keys")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_idempotency_keys_at"), ["at"], unique=False
        )

    op.create_table(
        "installation",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation")),
    )
    op.create_table(
        "links",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("seat_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("notice_key", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("notice_key", name=op.f("uq_links_notice_key")),
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_links_case_id"), ["case_id"], unique=False)

    op.create_table(
        "messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("refusal", sa.JSON(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_messages_case_id"), ["case_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_messages_person_id_received_at"),
            ["person_id", "received_at"],
            unique=False,
        )

    op.create_table(
        "notices",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=True),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("receiver_seat", sa.String(), nullable=True),
        sa.Column("receiver_person", sa.String(), nullable=True),
        sa.Column("sender_seat", sa.String(), nullable=True),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("reports", sa.Boolean(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("again_of", sa.String(), nullable=True),
        sa.Column("sent_again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_again_by", sa.String(), nullable=True),
        sa.Column("gathering", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_notices_case_id"), ["case_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_notices_receiver_seat_kind"),
            ["receiver_seat", "kind"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_notices_settled_at"), ["settled_at"], unique=False
        )
        batch_op.create_index(
            "ix_notices_to_do",
            ["queued_at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "organizations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("answers_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("seat_ids", sa.JSON(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_client_id"), ["client_id"], unique=False
        )

    op.create_table(
        "pack_adoptions",
        sa.Column("pack_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pack_id", "version", name=op.f("pk_pack_adoptions")),
    )
    op.create_table(
        "packs",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_packs")),
    )
    with op.batch_alter_table("packs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_packs_id"), ["id"], unique=False)

    op.create_table(
        "payload_reads",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("workflow_id", sa.String(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payload_reads")),
    )
    with op.batch_alter_table("payload_reads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payload_reads_at"), ["at"], unique=False)

    op.create_table(
        "people",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("daily_hour", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_table(
        "record_checks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("different", sa.Integer(), nullable=False),
        sa.Column("mended", sa.Integer(), nullable=False),
        sa.Column("unreachable", sa.Integer(), nullable=False),
        sa.Column("ahead", sa.Integer(), nullable=False),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_checks")),
    )
    with op.batch_alter_table("record_checks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_record_checks_started_at"), ["started_at"], unique=False
        )

    op.create_table(
        "record_reads",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_reads")),
    )
    with op.batch_alter_table("record_reads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_record_reads_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_record_reads_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "restores",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declared_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_restores")),
    )
    op.create_table(
        "absences",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("substitute_id", sa.String(), nullable=True),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_early_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_absences_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["people.id"], name=op.f("fk_absences_substitute_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    with op.batch_alter_table("absences", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_absences_person_id"), ["person_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_absences_substitute_id"), ["substitute_id"], unique=False
        )

    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_api_keys_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_table(
        "case_links",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("other_id", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_links_case_id")
        ),
        sa.PrimaryKeyConstraint(
            "case_id", "other_id", "relation", name=op.f("pk_case_links")
        ),
    )
    op.create_table(
        "case_seats",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("seat_id", sa.String(), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=True),
        sa.Column("on_side", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_seats_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "role", name=op.f("pk_case_seats")),
    )
    with op.batch_alter_table("case_seats", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_case_seats_person_id"), ["person_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_case_seats_seat_id"), ["seat_id"], unique=False
        )

    op.create_table(
        "choices_offered",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_choices_offered_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "at", name=op.f("pk_choices_offered")),
    )
    op.create_table(
        "client_cases",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=True),
        sa.Column("worker_seat", sa.String(), nullable=True),
        sa.Column("eligibility_decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offer", sa.String(), nullable=True),
        sa.Column("care_plan_id", sa.String(), nullable=True),
        sa.Column("plan_version", sa.String(), nullable=True),
        sa.Column("plan_filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renewals", sa.Integer(), nullable=False),
        sa.Column("change_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("change_by", sa.String(), nullable=True),
        sa.Column("change_asked_of", sa.String(), nullable=True),
        sa.Column("change_would_try_first", sa.Boolean(), nullable=True),
        sa.Column("change_met", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_client_cases_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_client_cases")),
    )
    op.create_table(
        "client_changes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_changes_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_changes")),
    )
    with op.batch_alter_table("client_changes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_client_changes_client_id"), ["client_id"], unique=False
        )

    op.create_table(
        "client_likeness",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("other_id", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("settled", sa.String(), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_likeness_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["clients.id"], name=op.f("fk_client_likeness_other_id")
        ),
        sa.PrimaryKeyConstraint(
            "client_id", "other_id", name=op.f("pk_client_likeness")
        ),
    )
    with op.batch_alter_table("client_likeness", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_client_likeness_other_id"), ["other_id"], unique=False
        )

    op.create_table(
        "client_references",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("reference_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_references_client_id")
        ),
        sa.PrimaryKeyConstraint(
            "client_id", "reference_key", name=op.f("pk_client_references")
        ),
    )
    with op.batch_alter_table("client_references", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_client_references_reference_key"),
            ["reference_key"],
            unique=False,
        )

    op.create_table(
        "conflict_cases",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("ladder", sa.String(), nullable=False),
        sa.Column("youth", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("raised_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_conflict_cases_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_conflict_cases")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_consents_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consents_client_id"), ["client_id"], unique=False
        )

    op.create_table(
        "duties",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_duties_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "id", name=op.f("pk_duties")),
    )
    with op.batch_alter_table("duties", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_duties_clause_status"), ["clause", "status"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_duties_done_by_done_at"),
            ["done_by", "done_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_duties_status_due_at"), ["status", "due_at"], unique=False
        )

    op.create_table(
        "emergency_accesses",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_emergency_accesses_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_accesses")),
    )
    with op.batch_alter_table("emergency_accesses", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_emergency_accesses_client_id"), ["client_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_emergency_accesses_person_id_until_at"),
            ["person_id", "until_at"],
            unique=False,
        )

    op.create_table(
        "fund_payments",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("amount", sa.String(), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reimbursement_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_fund_payments_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "reference", name=op.f("pk_fund_payments")),
    )
    op.create_table(
        "independence_exceptions",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_independence_exceptions_case_id")
        ),
        sa.PrimaryKeyConstraint(
            "case_id", "number", name=op.f("pk_independence_exceptions")
        ),
    )
    op.create_table(
        "plan_sections",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("supersession", sa.Integer(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_why", sa.String(), nullable=True),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("seat", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_plan_sections_case_id")
        ),
        sa.PrimaryKeyConstraint(
            "case_id", "seq", "supersession", name=op.f("pk_plan_sections")
        ),
    )
    op.create_table(
        "providers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("services", sa.JSON(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("qualified", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_providers_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
    )
    with op.batch_alter_table("providers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_providers_organization"), ["organization"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_providers_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "records_shown",
        sa.Column("read_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("client_id", sa.String(), nullable=True),
        sa.Column("by_right", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["read_id"], ["record_reads.id"], name=op.f("fk_records_shown_read_id")
        ),
        sa.PrimaryKeyConstraint("read_id", "position", name=op.f("pk_records_shown")),
    )
    with op.batch_alter_table("records_shown", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_records_shown_client_id_read_id"),
            ["client_id", "read_id"],
            unique=False,
        )

    op.create_table(
        "recusals",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_recusals_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_recusals")),
    )
    with op.batch_alter_table("recusals", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recusals_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "referrals",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("need", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("organization", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_referrals_case_id")
        ),
        sa.PrimaryKeyConstraint(
            "case_id", "need", "provider", name=op.f("pk_referrals")
        ),
    )
    op.create_table(
        "seats",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("agency_id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("program", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agencies.id"], name=op.f("fk_seats_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_seats_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_seats_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seats")),
    )
    with op.batch_alter_table("seats", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_seats_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "timeline",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("supersession", sa.Integer(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_why", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_timeline_case_id")
        ),
        sa.PrimaryKeyConstraint(
            "case_id", "seq", "supersession", name=op.f("pk_timeline")
        ),
    )
    op.create_table(
        "webhooks",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_webhooks_organization_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "reports_to",
        sa.Column("seat_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("above_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["above_id"], ["seats.id"], name=op.f("fk_reports_to_above_id")
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["seats.id"], name=op.f("fk_reports_to_seat_id")
        ),
        sa.PrimaryKeyConstraint("seat_id", "position", name=op.f("pk_reports_to")),
    )
    with op.batch_alter_table("reports_to", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reports_to_above_id"), ["above_id"], unique=False
        )

    op.create_table(
        "seatings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seat_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_as", sa.String(), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_seatings_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["seats.id"], name=op.f("fk_seatings_seat_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seatings")),
    )
    with op.batch_alter_table("seatings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_seatings_seat_id"), ["seat_id"], unique=False
        )

    op.create_table(
        "worker_profiles",
        sa.Column("seat_id", sa.String(), nullable=False),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("experience", sa.JSON(), nullable=False),
        sa.Column("culture", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("other", sa.JSON(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["seats.id"], name=op.f("fk_worker_profiles_seat_id")
        ),
        sa.PrimaryKeyConstraint("seat_id", name=op.f("pk_worker_profiles")),
    )


def downgrade() -> None:
    op.drop_table("worker_profiles")
    with op.batch_alter_table("seatings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seatings_seat_id"))

    op.drop_table("seatings")
    with op.batch_alter_table("reports_to", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reports_to_above_id"))

    op.drop_table("reports_to")
    op.drop_table("webhooks")
    op.drop_table("timeline")
    with op.batch_alter_table("seats", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seats_person_id"))

    op.drop_table("seats")
    op.drop_table("referrals")
    with op.batch_alter_table("recusals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recusals_person_id"))

    op.drop_table("recusals")
    with op.batch_alter_table("records_shown", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_records_shown_client_id_read_id"))

    op.drop_table("records_shown")
    with op.batch_alter_table("providers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_providers_person_id"))
        batch_op.drop_index(batch_op.f("ix_providers_organization"))

    op.drop_table("providers")
    op.drop_table("plan_sections")
    op.drop_table("independence_exceptions")
    op.drop_table("fund_payments")
    with op.batch_alter_table("emergency_accesses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_emergency_accesses_person_id_until_at"))
        batch_op.drop_index(batch_op.f("ix_emergency_accesses_client_id"))

    op.drop_table("emergency_accesses")
    with op.batch_alter_table("duties", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duties_status_due_at"))
        batch_op.drop_index(batch_op.f("ix_duties_done_by_done_at"))
        batch_op.drop_index(batch_op.f("ix_duties_clause_status"))

    op.drop_table("duties")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consents_client_id"))

    op.drop_table("consents")
    op.drop_table("conflict_cases")
    with op.batch_alter_table("client_references", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_client_references_reference_key"))

    op.drop_table("client_references")
    with op.batch_alter_table("client_likeness", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_client_likeness_other_id"))

    op.drop_table("client_likeness")
    with op.batch_alter_table("client_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_client_changes_client_id"))

    op.drop_table("client_changes")
    op.drop_table("client_cases")
    op.drop_table("choices_offered")
    with op.batch_alter_table("case_seats", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_seats_seat_id"))
        batch_op.drop_index(batch_op.f("ix_case_seats_person_id"))

    op.drop_table("case_seats")
    op.drop_table("case_links")
    op.drop_table("api_keys")
    with op.batch_alter_table("absences", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_absences_substitute_id"))
        batch_op.drop_index(batch_op.f("ix_absences_person_id"))

    op.drop_table("absences")
    op.drop_table("restores")
    with op.batch_alter_table("record_reads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_record_reads_person_id"))
        batch_op.drop_index(batch_op.f("ix_record_reads_at"))

    op.drop_table("record_reads")
    with op.batch_alter_table("record_checks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_record_checks_started_at"))

    op.drop_table("record_checks")
    op.drop_table("people")
    with op.batch_alter_table("payload_reads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payload_reads_at"))

    op.drop_table("payload_reads")
    with op.batch_alter_table("packs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_packs_id"))

    op.drop_table("packs")
    op.drop_table("pack_adoptions")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_client_id"))

    op.drop_table("outbox")
    op.drop_table("organizations")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_notices_to_do",
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_notices_settled_at"))
        batch_op.drop_index(batch_op.f("ix_notices_receiver_seat_kind"))
        batch_op.drop_index(batch_op.f("ix_notices_case_id"))

    op.drop_table("notices")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_messages_person_id_received_at"))
        batch_op.drop_index(batch_op.f("ix_messages_case_id"))

    op.drop_table("messages")
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_links_case_id"))

    op.drop_table("links")
    op.drop_table("installation")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_keys_at"))

    op.drop_table("idempotency_keys")
    with op.batch_alter_table("engagements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_engagements_on_date_id"))

    op.drop_table("engagements")
    with op.batch_alter_table("duty_holders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duty_holders_seat_id_open"))
        batch_op.drop_index(batch_op.f("ix_duty_holders_person_id_open"))

    op.drop_table("duty_holders")
    op.drop_table("directory_changes")
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clients_phone_key"))
        batch_op.drop_index(batch_op.f("ix_clients_name_key"))
        batch_op.drop_index(batch_op.f("ix_clients_email_key"))

    op.drop_table("clients")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_status_opened_at_id"))
        batch_op.drop_index(batch_op.f("ix_cases_opened_at_id"))
        batch_op.drop_index(batch_op.f("ix_cases_kind_opened_at_id"))
        batch_op.drop_index(batch_op.f("ix_cases_client_id"))

    op.drop_table("cases")
    with op.batch_alter_table("case_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_changes_transaction_id_seq"))
        batch_op.drop_index(batch_op.f("ix_case_changes_at"))

    op.drop_table("case_changes")
    op.drop_table("applied_records")
    op.drop_table("agencies")
