"""A comparison as values and as a folder of files."""
