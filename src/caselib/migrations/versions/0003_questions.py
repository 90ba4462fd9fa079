"""Counts of what was searched for, by day and without persons."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "question_count",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("text", sa.String(30), primary_key=True),
        sa.Column("outcome", sa.String(8), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("question_count")
