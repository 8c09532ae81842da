"""Asks Step Functions whether it would take each definition, before anything is deployed.

It checks the parameters of SDK integrations at a machine's creation, and knows new ones only some time after
their service does.
"""

from collections.abc import Iterator

from orchbench.commands.finding import Finding
from orchbench.deployment.connection import SERVICE_ERRORS, error_sentence
from orchbench.platforms.platform import Clients
from orchbench.virtual_time.application import Application, StateMachine, load_application
from orchbench.ways import all_ways

MOST_SAID = 3
"""Of what Step Functions has against a definition."""


def looked_at_definitions(clients: Clients, application: Application | None = None) -> Iterator[Finding]:
    """Yield what Step Functions says of each way's definition, as the template deploys it.

    Args:
        clients: of the account that it is to be deployed in.
        application: what is deployed; the project's own template by default.
    """
    application = application or load_application()
    machines = ((way, application.target(way)) for way in all_ways().values())
    for way, machine in machines:
        if isinstance(machine, StateMachine):
            yield _looked_at(clients, f"{way.name}'s definition", machine.definition, way.switch)


def _looked_at(clients: Clients, what: str, definition: str, switch: str) -> Finding:
    step_functions = clients.client("stepfunctions")
    try:
        answer = step_functions.validate_state_machine_definition(
            definition=definition, type="STANDARD", severity="ERROR"
        )
    except SERVICE_ERRORS as error:
        # Whether it would be taken shows at the deployment then.
        return Finding(
            what, good=True, said=f"could not be asked about: {error_sentence(error)}", warning=True
        )
    if answer["result"] == "OK":
        return Finding(what, good=True, said="Step Functions takes it")
    told = "; ".join(f"{one['code']}: {one['message']}" for one in answer["diagnostics"][:MOST_SAID])
    if switch:
        said = f"Step Functions refuses it, so leave {switch} off: {told}"
        return Finding(what, good=True, said=said, warning=True)
    return Finding(what, good=False, said=f"Step Functions refuses it: {told}")
