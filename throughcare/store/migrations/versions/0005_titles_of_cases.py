"""titles of cases"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("program_title", "step_title"):
        column = sa.Column(name, sa.String(), server_default="", nullable=False)
        op.add_column("cases", column)


def downgrade() -> None:
    for name in ("program_title", "step_title"):
        op.drop_column("cases", name)
