"""What is kept: recordings and their keys, and files that are read.

`recording` writes, reads and recovers recordings, `keys` holds the key of a user's store, `tables` reads CSV files.
"""
