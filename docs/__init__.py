"""What people read, and the generator of the part that is not written by hand."""
