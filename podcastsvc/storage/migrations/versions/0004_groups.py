"""Groups: the link that invites, and the seats that were taken."""

import sqlalchemy as sa
from alembic import op

revision = "0004_groups"
down_revision = "0003_offers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "group",
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("code_number", sa.Integer(), nullable=False),
        sa.Column("code_key_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payer_id"], ["member.id"], name=op.f("fk_group_payer_id_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("payer_id", name=op.f("pk_group")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_group_code_hash")),
    )
    op.create_table(
        "seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("position > 0", name=op.f("ck_seat_position")),
        sa.ForeignKeyConstraint(["payer_id"], ["member.id"], name=op.f("fk_seat_payer_id_member"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_seat_member_id_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("payer_id", "member_id", name=op.f("uq_seat_payer_id_member_id")),
        sa.UniqueConstraint("payer_id", "position", name=op.f("uq_seat_payer_id_position")),
    )
    op.create_index(op.f("ix_seat_member_id"), "seat", ["member_id"], unique=False)


def downgrade() -> None:
    op.drop_table("seat")
    op.drop_table("group")
