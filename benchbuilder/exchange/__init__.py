"""What others measured comes in, what we measured goes out. No model is called; every import ends with a snapshot.

sources/ reads and writes the files; this room puts them into the warehouse and takes them out of a snapshot.
"""
