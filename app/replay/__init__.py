"""Saved callbacks: reading them (`saved`), and trying a change on one (`changes`)."""
