"""Many executions at once."""
