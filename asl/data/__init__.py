"""Pictures on disk to a table, splits of it, and checks on both."""
