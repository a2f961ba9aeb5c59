"""The older Billing API, version 2 to 4: the same world of documents in its own shape, as JSON or XML."""
