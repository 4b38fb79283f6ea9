"""Pruning: what the unified policy lets go is deleted from a live registry, checked again right before."""
