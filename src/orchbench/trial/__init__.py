"""A first day on an account: deploys a warehouse and the application, and removes them again."""
