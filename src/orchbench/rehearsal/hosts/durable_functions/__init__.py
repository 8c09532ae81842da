"""Durable functions in a rehearsal: the deployed handler on AWS's testing SDK."""

from orchbench.rehearsal.host import Hosting

from .host import DurableHost

HOSTING = Hosting("durable-functions", DurableHost.on)
