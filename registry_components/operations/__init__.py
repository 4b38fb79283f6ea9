"""What is done with a registry once it runs."""
