"""A year of the service in minutes: the real command, whose clock a test moves, and everything that can go wrong."""
