"""Rehearses the platform that the project does not have on the engine of one that it has."""

from dataclasses import replace

from orchbench.rehearsal.hosts.step_functions import HOSTING as STEP_FUNCTIONS

HOSTING = replace(STEP_FUNCTIONS, platform_name="made-up-platform")
