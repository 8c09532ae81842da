"""The platforms that ways run on, a package each: the service, its history as a trace, its quotas."""
