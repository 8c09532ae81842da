"""The bench over a deployment, local or on AWS: connect, start, follow, stop, evidence."""
