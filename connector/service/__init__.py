"""The service: synchronises every administration by its schedule, in one process."""
