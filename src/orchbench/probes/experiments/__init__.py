"""The experiments, one file a probe; probes that look at the same thing share their file."""
