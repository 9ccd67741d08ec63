"""What is measured on results."""
