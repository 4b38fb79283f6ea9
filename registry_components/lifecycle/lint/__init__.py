"""What is wrong with a lifecycle policy although the registry takes it."""
