"""Consultations, and the calendar that a letter may carry."""

import sqlalchemy as sa
from alembic import op

revision = "0005_consultations"
down_revision = "0004_groups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consultation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("cancelled_by", sa.String(), nullable=True),
        sa.Column("is_returned", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('held', 'booked', 'cancelled')", name=op.f("ck_consultation_state")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_consultation_length")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_consultation_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
        sa.UniqueConstraint("order_id", name=op.f("uq_consultation_order_id")),
    )
    op.create_index("ix_consultation_state_starts", "consultation", ["state", "starts_at"], unique=False)
    op.add_column("letter", sa.Column("calendar", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("letter", "calendar")
    op.drop_table("consultation")
