"""What alembic runs for each upgrade: the steps, over the connection that it was handed."""

from alembic import context

from app.storage.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
