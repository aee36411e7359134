"""What is kept: recordings and their keys, and files that are read."""
