"""What a reader sees of results. It reads them and runs nothing."""
