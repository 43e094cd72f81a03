"""A show's own mark beside its artwork."""

import sqlalchemy as sa
from alembic import op

revision = "0008_logo"
down_revision = "0007_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("show", sa.Column("logo_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("show", "logo_id")
