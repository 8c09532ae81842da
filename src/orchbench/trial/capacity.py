"""The smallest capacity of Redshift Serverless that a region offers.

The list is AWS's own, as a copy of 2026-09 has it: docs.aws.amazon.com/redshift/latest/mgmt, page
serverless-capacity, section "Redshift Serverless with 4 Redshift Processing Units (RPUs) capacity". A region
that has come to it since gets 8 unless asked for 4.
"""

SMALLEST_RPU = 4
SMALLEST_ELSEWHERE_RPU = 8

REGIONS_OF_THE_SMALLEST = frozenset(
    {
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "ap-northeast-1",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "eu-north-1",
        "eu-west-1",
    }
)


def smallest_rpu(region: str) -> int:
    """Return the smallest base capacity, in Redshift Processing Units, that a region is known to offer."""
    return SMALLEST_RPU if region in REGIONS_OF_THE_SMALLEST else SMALLEST_ELSEWHERE_RPU
