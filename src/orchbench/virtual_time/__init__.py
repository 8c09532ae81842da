"""A clock that jumps, and what runs under it in this process."""
