"""Forms of texts save themselves too."""

import sqlalchemy as sa
from alembic import op

revision = "0010_kept_texts"
down_revision = "0009_uploads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("kept_form", sa.Column("place", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("kept_form", "place")
