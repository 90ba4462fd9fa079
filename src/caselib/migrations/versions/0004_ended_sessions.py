"""Sessions that were signed out of."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("ended_session", sa.Column("id", sa.String(32), primary_key=True))


def downgrade() -> None:
    op.drop_table("ended_session")
