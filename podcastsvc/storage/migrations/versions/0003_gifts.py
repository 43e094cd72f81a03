"""Gifts."""

import sqlalchemy as sa
from alembic import op

revision = "0003_gifts"
down_revision = "0002_stats"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("code_number", sa.Integer(), nullable=False),
        sa.Column("code_key_id", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("buyer_email", sa.String(), nullable=False),
        sa.Column("buyer_name", sa.String(), nullable=False),
        sa.Column("recipient_email", sa.String(), nullable=True),
        sa.Column("recipient_name", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("deliver_on", sa.Date(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("redeemed_by", sa.Integer(), nullable=True),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('paid', 'redeemed', 'refunded')", name=op.f("ck_gift_state")),
        sa.CheckConstraint("months > 0", name=op.f("ck_gift_months")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_gift_order_id_order")),
        sa.ForeignKeyConstraint(
            ["redeemed_by"], ["member.id"], name=op.f("fk_gift_redeemed_by_member"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_gift_code_hash")),
        sa.UniqueConstraint("order_id", name=op.f("uq_gift_order_id")),
    )
    op.create_index("ix_gift_due", "gift", ["delivered_at", "deliver_on"], unique=False)
    op.create_index(op.f("ix_gift_redeemed_by"), "gift", ["redeemed_by"], unique=False)


def downgrade() -> None:
    op.drop_table("gift")
