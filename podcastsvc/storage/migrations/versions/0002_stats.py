"""What was heard: listens, downloads, readers of feeds."""

import sqlalchemy as sa
from alembic import op

revision = "0002_stats"
down_revision = "0001_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stats_app_fetch",
        sa.Column("show_key", sa.String(), nullable=False),
        sa.Column("is_personal", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("show_key", "is_personal", "name", name=op.f("pk_stats_app_fetch")),
    )
    op.create_table(
        "stats_day_key",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_stats_day_key")),
    )
    op.create_table(
        "stats_download",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("episode_guid", sa.String(), nullable=False),
        sa.Column("is_preview", sa.Boolean(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("listener", sa.String(), nullable=False),
        sa.Column("is_asked", sa.Boolean(), nullable=False),
        sa.Column("is_anomaly", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stats_download")),
    )
    op.create_index("ix_stats_download_day", "stats_download", ["day", "episode_guid"], unique=False)
    op.create_index("ix_stats_download_listener", "stats_download", ["day", "listener"], unique=False)
    op.create_table(
        "stats_download_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("episode_guid", sa.String(), nullable=False),
        sa.Column("is_preview", sa.Boolean(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("is_asked", sa.Boolean(), nullable=False),
        sa.Column("is_anomaly", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stats_download_count")),
        sa.UniqueConstraint(
            "day",
            "episode_guid",
            "is_preview",
            "audience",
            "app",
            "device",
            "is_asked",
            "is_anomaly",
            name="uq_stats_download_count_alike",
        ),
    )
    op.create_table(
        "stats_feed_reader",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("show_key", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("subscribers", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("day", "show_key", "key", name=op.f("pk_stats_feed_reader")),
    )
    op.create_table(
        "stats_listen",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("listener", sa.String(), nullable=False),
        sa.Column("episode_guid", sa.String(), nullable=False),
        sa.Column("is_preview", sa.Boolean(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ranges", sa.JSON(), nullable=False),
        sa.Column("is_asked", sa.Boolean(), nullable=False),
        sa.Column("is_counted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", "key", name=op.f("pk_stats_listen")),
    )
    op.create_table(
        "stats_listener_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_stats_listener_count")),
    )
    op.create_table(
        "stats_reader_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("show_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("followers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "show_key", "name", name=op.f("pk_stats_reader_count")),
    )
    op.create_table(
        "stats_unknown_agent",
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("text", name=op.f("pk_stats_unknown_agent")),
    )
    op.create_table(
        "stats_link_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("feed_link_id", sa.Integer(), nullable=False),
        sa.Column("networks", sa.JSON(), nullable=False),
        sa.Column("apps", sa.JSON(), nullable=False),
        sa.Column("subscribers", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_link_id"],
            ["feed_link.id"],
            name=op.f("fk_stats_link_day_feed_link_id_feed_link"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("day", "feed_link_id", name=op.f("pk_stats_link_day")),
    )


def downgrade() -> None:
    op.drop_table("stats_link_day")
    op.drop_table("stats_unknown_agent")
    op.drop_table("stats_reader_count")
    op.drop_table("stats_listener_count")
    op.drop_table("stats_listen")
    op.drop_table("stats_feed_reader")
    op.drop_table("stats_download_count")
    op.drop_index("ix_stats_download_listener", table_name="stats_download")
    op.drop_index("ix_stats_download_day", table_name="stats_download")
    op.drop_table("stats_download")
    op.drop_table("stats_day_key")
    op.drop_table("stats_app_fetch")
