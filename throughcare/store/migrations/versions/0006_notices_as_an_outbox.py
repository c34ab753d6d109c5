"""notices as an outbox"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TO_DO = "ix_notices_to_do"


def added() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("place", sa.Integer(), server_default="0", nullable=False),
        sa.Column("body", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reports", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
    )


def upgrade() -> None:
    with op.batch_alter_table("notices", schema=None) as batch_op:
        for column in added():
            batch_op.add_column(column)
    # What stands here was sent by the workflows of before, which are retired.
    op.execute("UPDATE notices SET done_at = coalesce(settled_at, queued_at)")
    op.create_index(
        TO_DO,
        "notices",
        ["queued_at"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(TO_DO, table_name="notices")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        for column in reversed(added()):
            batch_op.drop_column(column.name)
