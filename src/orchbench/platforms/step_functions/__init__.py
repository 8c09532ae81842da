"""AWS Step Functions, Standard workflows."""

from orchbench.platforms.step_functions.platform import StepFunctionsPlatform

PLATFORM = StepFunctionsPlatform()
