"""Says what anybody's exported history or state machine definition shows, offline and without running it."""
