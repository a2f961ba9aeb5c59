"""A package of its own, so that no other package called `tests` on the path takes its place."""
