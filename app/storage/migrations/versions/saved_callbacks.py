"""The callbacks with their decisions; of deliveries, when the last send began of which nothing is known."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("sent", sa.BigInteger))
    op.create_table(
        "callbacks",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("task_sid", sa.Text, nullable=False),
        sa.Column("reservation_sid", sa.Text, nullable=False),
        sa.Column("worker_sid", sa.Text, nullable=False),
        sa.Column("task_type", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("delivery_id", NUMBER),
        sqlite_autoincrement=True,
    )
    for column in ("received_at", "task_sid", "reservation_sid"):
        op.create_index(f"ix_callbacks_{column}", "callbacks", [column])
