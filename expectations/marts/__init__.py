"""What would be implausible to publish."""
