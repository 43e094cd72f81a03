"""What a host writes beside the episodes: articles, pages, people, calls, and their pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0006_writings"
down_revision = "0005_consultations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "picture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("widths", sa.JSON(), nullable=False),
        sa.Column("length_bytes", sa.Integer(), nullable=False),
        sa.Column("source_sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture")),
        sa.UniqueConstraint("name", name=op.f("uq_picture_name")),
        sa.UniqueConstraint("source_sha256", name=op.f("uq_picture_source_sha256")),
    )
    op.create_table(
        "writing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("guid", sa.String(), nullable=True),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("access_kind", sa.String(), nullable=False),
        sa.Column("plans", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("picture_id", sa.Integer(), nullable=True),
        sa.Column("shown_hash", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('article', 'page', 'person', 'call')", name=op.f("ck_writing_kind")),
        sa.CheckConstraint("access_kind in ('public', 'members', 'plans')", name=op.f("ck_writing_access_kind")),
        sa.ForeignKeyConstraint(["picture_id"], ["picture.id"], name=op.f("fk_writing_picture_id_picture")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_writing")),
        sa.UniqueConstraint("file", name=op.f("uq_writing_file")),
        sa.UniqueConstraint("kind", "slug", "language", name=op.f("uq_writing_kind_slug_language")),
    )
    op.create_index("ix_writing_kind_published", "writing", ["kind", "published_at"], unique=False)
    op.create_table(
        "writing_alias",
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("writing_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["writing_id"], ["writing.id"], name=op.f("fk_writing_alias_writing_id_writing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_writing_alias")),
    )
    op.create_index(op.f("ix_writing_alias_writing_id"), "writing_alias", ["writing_id"], unique=False)


def downgrade() -> None:
    op.drop_table("writing_alias")
    op.drop_table("writing")
    op.drop_table("picture")
