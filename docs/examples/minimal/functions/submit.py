"""Submits the batch for the state machine."""

import batch


def handler(event, _context):
    return batch.submit(event)
