"""How the tables came to be, step by step: `versions` holds one module a step, which alembic reads.

A step only adds: while a new release is rolled out the one before it still runs, and a release may be taken
back. The last step's number is `tables.VERSION`.
"""
