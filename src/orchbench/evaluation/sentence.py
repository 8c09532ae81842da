"""What a comparison means, said no more strongly than its runs allow.

It says nothing of cost: runs of seconds say nothing of an hour, which is what the ways are chosen for.
"""

from orchbench.trace import Json

LOCAL = "Billed counts match AWS; timings are this machine's."


def meaning(ways: Json, found: Json | None, host: str, *, complete: bool) -> str:
    """Return a sentence or two about the ways' figures.

    Args:
        ways: of a summary.
        found: what tells them apart.
        host: where they ran.
        complete: whether all runs were made.
    """
    counted = {name: way["outcomes"] for name, way in ways.items()}
    if any(not one["runs"] for one in counted.values()):
        return "There are not yet runs of every way to compare."
    bad = [
        f"{name} failed {one['runs'] - one['succeeded']} of {one['runs']}"
        for name, one in counted.items()
        if one["succeeded"] < one["runs"]
    ]
    wrong = [
        f"{name} left {one['marts_wrong']} wrong marts" for name, one in counted.items() if one["marts_wrong"]
    ]
    if bad or wrong:
        return f"Not a comparison to lean on: {', '.join([*bad, *wrong])}."
    start = "" if complete else "Interrupted before all runs were made: "
    said = found["said"] if found else "no time beyond the query is known"
    sentence = f"{start}{said}."
    if not sentence.startswith(tuple(ways)):
        sentence = sentence[0].upper() + sentence[1:]
    return f"{sentence} {LOCAL}" if host == "local" else sentence
