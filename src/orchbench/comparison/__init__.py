"""Runs ways in turn on one batch, and checks the mart after each run."""
