"""The local stand-in for AWS's default event bus, as local services put their own events on it."""
