"""AWS Step Functions, Standard workflows."""
