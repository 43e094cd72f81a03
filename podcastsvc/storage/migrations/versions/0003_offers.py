"""Ways to join and to give: trials, gifts, moved prices, and money asked back."""

import sqlalchemy as sa
from alembic import op

revision = "0003_offers"
down_revision = "0002_stats"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trial",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("email_hash", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_trial_member_id_member"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_trial_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial")),
        sa.UniqueConstraint("email_hash", name=op.f("uq_trial_email_hash")),
    )
    op.create_index(op.f("ix_trial_member_id"), "trial", ["member_id"], unique=False)
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
    op.create_table(
        "price_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_price_id", sa.Integer(), nullable=False),
        sa.Column("to_price_id", sa.Integer(), nullable=False),
        sa.Column("takes_effect_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["from_price_id"], ["price.id"], name=op.f("fk_price_move_from_price_id_price")),
        sa.ForeignKeyConstraint(["to_price_id"], ["price.id"], name=op.f("fk_price_move_to_price_id_price")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_move")),
        sa.UniqueConstraint("from_price_id", "to_price_id", name=op.f("uq_price_move_from_price_id_to_price_id")),
    )
    op.create_table(
        "refund_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("state in ('open', 'refunded', 'declined')", name=op.f("ck_refund_request_state")),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["member.id"], name=op.f("fk_refund_request_closed_by_member"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_refund_request_member_id_member"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.stripe_id"], name=op.f("fk_refund_request_payment_id_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_request")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_refund_request_payment_id")),
    )
    op.create_index(op.f("ix_refund_request_member_id"), "refund_request", ["member_id"], unique=False)
    op.create_index("ix_refund_request_state", "refund_request", ["state", "created_at"], unique=False)


def downgrade() -> None:
    op.drop_table("refund_request")
    op.drop_table("price_move")
    op.drop_table("gift")
    op.drop_table("trial")
