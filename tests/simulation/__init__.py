"""A simulated life of an administration: everything that can go wrong, in any order, against a naive model."""
