"""What every component shares; it knows no registry and imports no provider SDK."""
