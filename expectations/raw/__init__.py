"""What publishers promise us, and what would make us stop."""
