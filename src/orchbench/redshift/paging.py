"""Opaque page tokens: base64 of what the token continues and where."""

import base64
import binascii
import json
from typing import Any

from orchbench.redshift.errors import validation


def page_token(continues: Any, position: int) -> str:
    """Return the token for the page of `continues` that begins at a position."""
    return base64.urlsafe_b64encode(json.dumps([continues, position]).encode()).decode()


def page_position(token: str, continues: Any) -> int:
    """Return the position in a token, or raise ValidationException if it continues something else."""
    try:
        stated, position = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise validation("NextToken is not one that this service has given.") from error
    if stated != continues or type(position) is not int or position < 0:
        raise validation("NextToken belongs to another request.")
    return position
