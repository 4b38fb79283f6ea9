"""The `regc` command line."""
