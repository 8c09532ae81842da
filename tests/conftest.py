"""What every test shares: the same examples each time, and no deadline on a shared machine."""

from hypothesis import settings

settings.register_profile("offline", deadline=None, derandomize=True)
settings.load_profile("offline")
