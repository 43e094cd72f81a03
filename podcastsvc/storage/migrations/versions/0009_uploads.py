"""Uploads that go on where they stopped, and forms that save themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0009_uploads"
down_revision = "0008_logo"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unfinished_upload",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("declared_name", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("length_bytes", sa.BigInteger(), nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("offset_bytes between 0 and length_bytes", name=op.f("ck_unfinished_upload_offset")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_unfinished_upload_member_id_member"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unfinished_upload")),
    )
    op.create_index(op.f("ix_unfinished_upload_member_id"), "unfinished_upload", ["member_id"], unique=False)
    op.create_table(
        "kept_form",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("episode_id", sa.Integer(), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"], ["episode.id"], name=op.f("fk_kept_form_episode_id_episode"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_kept_form_member_id_member"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_form")),
    )
    op.create_index(op.f("ix_kept_form_member_id"), "kept_form", ["member_id"], unique=False)


def downgrade() -> None:
    op.drop_table("kept_form")
    op.drop_table("unfinished_upload")
