"""What every test shares: the same examples each time, and no deadline on a shared machine."""

from hypothesis import settings

settings.register_profile("offline", deadline=None, derandomize=True)
# More examples: pytest --hypothesis-profile=full
settings.register_profile("full", settings.get_profile("offline"), max_examples=500)
settings.load_profile("offline")
