"""The environment that the template sets, read and checked."""

import pytest

from redshift_batch.errors import InvalidSettings
from redshift_batch.settings import Settings

SERVERLESS = {"REDSHIFT_DATABASE": "dev", "REDSHIFT_WORKGROUP": "wg"}


def test_the_defaults_are_the_templates() -> None:
    assert Settings.from_environment(SERVERLESS) == Settings(database="dev", workgroup_name="wg")


def test_every_variable_is_read() -> None:
    settings = Settings.from_environment(
        {
            "REDSHIFT_DATABASE": "dev",
            "REDSHIFT_CLUSTER": "c",
            "REDSHIFT_DB_USER": "u",
            "INLINE_SQL_ALLOWED": "true",
            "LONGEST_TIMEOUT_SECONDS": "900",
            "TIMEOUT_MARGIN_SECONDS": "2.5",
        }
    )
    assert settings == Settings(
        database="dev",
        cluster_identifier="c",
        db_user="u",
        inline_sql_allowed=True,
        longest_timeout_seconds=900,
        timeout_margin_seconds=2.5,
    )


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "REDSHIFT_DATABASE is empty"),
        ({"REDSHIFT_DATABASE": "dev"}, "exactly one of REDSHIFT_WORKGROUP"),
        (SERVERLESS | {"REDSHIFT_CLUSTER": "c"}, "exactly one of REDSHIFT_WORKGROUP"),
        (SERVERLESS | {"REDSHIFT_DB_USER": "u"}, "REDSHIFT_DB_USER goes with REDSHIFT_CLUSTER alone"),
        (SERVERLESS | {"TIMEOUT_MARGIN_SECONDS": "-1"}, "a number of seconds above 0"),
        (SERVERLESS | {"TIMEOUT_MARGIN_SECONDS": "nan"}, "a number of seconds above 0"),
        (SERVERLESS | {"TIMEOUT_MARGIN_SECONDS": "soon"}, "TIMEOUT_MARGIN_SECONDS is 'soon'"),
    ],
)
def test_a_wrong_deployment_says_what_is_wrong(environment: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidSettings, match=words):
        Settings.from_environment(environment)
