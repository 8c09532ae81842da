"""The domain: run a batch of SQL statements through the Redshift Data API and learn how it ended.

It knows nothing of Lambda, of the Amazon States Language or of the durable SDK, and has no clock of its
own: every handler, whichever service calls it, is these functions and a few lines around them.
"""
