"""The verbs on real databases: pull, prepare, deliver, verify and replay."""
