"""AWS Lambda durable functions."""

from orchbench.platforms.durable_functions.platform import DurableFunctionsPlatform

PLATFORM = DurableFunctionsPlatform()
