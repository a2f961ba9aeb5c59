"""The history of the schema; `connector db upgrade` runs what a database has not seen yet."""
