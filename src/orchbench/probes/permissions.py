"""What the experiments must be allowed, in groups that several of them share, and all of it as one policy.

It comes on top of docs/bench-policy.json. What is made is limited to names with the probes' prefix.
"""

from collections.abc import Iterable
from dataclasses import replace

from orchbench.deployment.permissions import resolved
from orchbench.platforms.durable_functions import PLATFORM
from orchbench.platforms.platform import Permission
from orchbench.probes.lab import PREFIX
from orchbench.probes.probe import Probe
from orchbench.ways import all_ways

POLICY = "docs/probe-policy.json"
OWN = "${Region}:${AccountId}:"
FUNCTION = f"arn:${{Partition}}:lambda:{OWN}function:{PREFIX}*"
REDSHIFT = f"arn:${{Partition}}:redshift:{OWN}"
STACK = f"arn:${{Partition}}:lambda:{OWN}function:${{StackName}}"

SUBMITS = ("redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement")
STATEMENTS = (
    Permission("ProbeTheWorkgroup", (*SUBMITS, "redshift-serverless:GetCredentials"), ("${WorkgroupArn}",)),
    Permission("ProbeTheCluster", SUBMITS, (f"{REDSHIFT}cluster:${{ClusterIdentifier}}",)),
    Permission(
        "ConnectToTheClusterForProbes",
        ("redshift:GetClusterCredentialsWithIAM",),
        (f"{REDSHIFT}dbname:${{ClusterIdentifier}}/${{Database}}",),
    ),
    # A statement has no ARN; the Data API itself limits an identity to its own.
    Permission(
        "FollowStatementsOfProbes",
        (
            "redshift-data:DescribeStatement",
            "redshift-data:GetStatementResult",
            "redshift-data:CancelStatement",
            "redshift-data:ListStatements",
        ),
        ("*",),
    ),
)
LISTENER = (
    Permission(
        "ListenForEvents",
        ("events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:DeleteRule"),
        (f"arn:${{Partition}}:events:{OWN}rule/{PREFIX}*",),
    ),
    Permission(
        "KeepEventsInAQueue",
        ("sqs:CreateQueue", "sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:DeleteQueue"),
        (f"arn:${{Partition}}:sqs:{OWN}{PREFIX}*",),
    ),
)
OWN_ROLE = (f"arn:${{Partition}}:iam::${{AccountId}}:role/{PREFIX}*",)
BOUNDARY_FILE = "docs/probe-boundary.json"
BOUNDARY = f"{PREFIX}boundary"
BOUNDARY_ARN = f"arn:${{Partition}}:iam::${{AccountId}}:policy/{BOUNDARY}"
PASSED_TO = ("states.amazonaws.com", "lambda.amazonaws.com")
ROLE_MAY = (
    Permission(
        "LookAtStatements", ("redshift-data:DescribeStatement", "redshift-data:ListStatements"), ("*",)
    ),
    Permission(
        "KeepCheckpoints",
        ("lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"),
        (FUNCTION,),
    ),
    Permission(
        "CompleteTheirTokens",
        ("states:SendTaskSuccess",),
        (f"arn:${{Partition}}:states:{OWN}stateMachine:{PREFIX}*",),
    ),
)
"""What the probes' role may do; as its boundary, the most that any role made with this policy may do."""
# Whoever may make a role, give it a policy and pass it on may do what they like, but for a boundary that they
# cannot change (IAM guide, permissions boundaries for IAM entities).
ROLE = (
    Permission(
        "MakeTheProbesRole",
        ("iam:CreateRole", "iam:PutRolePolicy"),
        OWN_ROLE,
        {"StringEquals": {"iam:PermissionsBoundary": (BOUNDARY_ARN,)}},
    ),
    Permission("RemoveTheProbesRole", ("iam:DeleteRolePolicy", "iam:DeleteRole"), OWN_ROLE),
    Permission(
        "PassTheProbesRole",
        ("iam:PassRole",),
        OWN_ROLE,
        {"StringEquals": {"iam:PassedToService": PASSED_TO}},
    ),
)
MACHINE = (
    *ROLE,
    Permission(
        "MakeStateMachines",
        ("states:CreateStateMachine", "states:DeleteStateMachine", "states:StartExecution"),
        (f"arn:${{Partition}}:states:{OWN}stateMachine:{PREFIX}*",),
    ),
    Permission(
        "FollowTheirExecutions",
        ("states:DescribeExecution", "states:GetExecutionHistory", "states:StopExecution"),
        (f"arn:${{Partition}}:states:{OWN}execution:{PREFIX}*",),
    ),
)
# Everything else that is done with the stack's own ways, the bench's policy has.
DEPLOYED_MACHINES = (
    Permission(
        "StartDeployedMachines",
        ("states:StartExecution",),
        (f"arn:${{Partition}}:states:{OWN}stateMachine:${{StackName}}-*",),
    ),
)
DURABLE = (
    *ROLE,
    Permission(
        "TakeTheDeployedPackage",
        ("lambda:GetFunction",),
        tuple(f"{STACK}-{way.functions[0]}" for way in all_ways().values() if way.platform is PLATFORM),
    ),
    # The same patterns hold for a version, an alias and an execution of each.
    Permission(
        "MakeDurableFunctions",
        (
            "lambda:CreateFunction",
            "lambda:CreateAlias",
            "lambda:DeleteFunction",
            "lambda:GetDurableExecution",
            "lambda:GetDurableExecutionHistory",
            "lambda:InvokeFunction",
            "lambda:ListDurableExecutionsByFunction",
            "lambda:PublishVersion",
            "lambda:StopDurableExecution",
            "lambda:UpdateAlias",
            "lambda:UpdateFunctionConfiguration",
        ),
        (FUNCTION,),
    ),
)
# CloudWatch has no resource to name for reading metrics.
METRICS = (Permission("ReadMetrics", ("cloudwatch:ListMetrics", "cloudwatch:GetMetricStatistics"), ("*",)),)
REPORTS = (
    Permission(
        "InvokeTheSweep",
        ("lambda:InvokeFunction",),
        (f"{STACK}-sweep",),
    ),
    Permission(
        "ReadItsReports",
        ("logs:FilterLogEvents",),
        ("arn:${Partition}:logs:" + OWN + "log-group:/aws/lambda/${StackName}-sweep:*",),
    ),
)
# Workgroups are listed to find the one of an ARN, which no other call takes.
CAPACITY = (Permission("ReadTheCapacity", ("redshift-serverless:ListWorkgroups",), ("*",)),)


def permissions(probes: Iterable[Probe]) -> list[Permission]:
    """Return what these probes need together, each statement once."""
    found: dict[str, Permission] = {}
    for one in (one for probe in probes for one in probe.permissions):
        before = found.get(one.sid, replace(one, actions=(), resources=()))
        found[one.sid] = replace(
            one,
            actions=tuple(dict.fromkeys((*before.actions, *one.actions))),
            resources=tuple(dict.fromkeys((*before.resources, *one.resources))),
        )
    return list(found.values())


def boundary() -> list[Permission]:
    """Return what the probes' role may do at most, for any account and region."""
    return resolved(ROLE_MAY, {"Partition": "*", "Region": "*", "AccountId": "*"})
