"""Tests of the ledgers; a package, so that processes started by a test can import their part."""
