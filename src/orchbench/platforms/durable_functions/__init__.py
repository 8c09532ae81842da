"""AWS Lambda durable functions."""
