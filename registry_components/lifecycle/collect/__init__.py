"""Inventories from live registries."""
