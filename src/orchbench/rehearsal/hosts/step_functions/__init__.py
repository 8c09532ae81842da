"""Step Functions in a rehearsal: the deployed definition on moto's interpreter."""

from orchbench.rehearsal.host import Hosting

from .host import StateMachineHost

HOSTING = Hosting("step-functions", StateMachineHost.on)
