"""Figures from traces. Pure: traces in, figures out; nothing here calls, sleeps or looks at a clock."""
