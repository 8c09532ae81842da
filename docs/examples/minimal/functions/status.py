"""Checks the batch for the state machine."""

import batch


def handler(event, _context):
    return batch.check(event)
