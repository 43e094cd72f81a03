"""The search index."""

import sqlalchemy as sa
from alembic import op

revision = "0007_search"
down_revision = "0006_writings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref_id", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("dated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_item")),
        sa.UniqueConstraint("kind", "ref_id", name=op.f("uq_search_item_kind_ref_id")),
    )
    op.create_table(
        "search_passage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("times", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["search_item.id"],
            name=op.f("fk_search_passage_item_id_search_item"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_passage")),
    )
    op.create_index("ix_search_passage_item_part", "search_passage", ["item_id", "part"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        # What is put in are folded words with a space between them: the tokenizer has nothing to decide.
        op.execute(
            "CREATE VIRTUAL TABLE search_words USING fts5(title, about, body, inside, tokenize='ascii', detail='column')"
        )
    else:
        op.execute(
            "CREATE TABLE search_words ("
            " item_id integer NOT NULL CONSTRAINT pk_search_words PRIMARY KEY"
            " CONSTRAINT fk_search_words_item_id_search_item REFERENCES search_item (id) ON DELETE CASCADE,"
            " open_words tsvector NOT NULL, all_words tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX ix_search_words_all_words ON search_words USING gin (all_words)")


def downgrade() -> None:
    op.drop_table("search_words")
    op.drop_table("search_passage")
    op.drop_table("search_item")
