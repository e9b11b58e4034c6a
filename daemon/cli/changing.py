"""Commands that change what a running huddled goes by: linked accounts, and the audit."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from daemon.cli.common import changing, config_option, json_option, main, read_config


@main.command()
@click.argument("provider")
@click.option("--account", required=True, help="Whose account it is: the address of their calendar.")
@click.option("--redirect-uri", default="", help="Where the browser is sent when all is done.")
@config_option
@json_option
def link(provider: str, account: str, redirect_uri: str, path: Path, as_json: bool) -> None:
    """Print an address at which a person lets huddled use their own account at PROVIDER: once, within an hour."""
    from daemon.linking import make_link

    config = read_config(path, as_json=as_json)
    now = datetime.now(UTC).timestamp()
    with changing(config) as conn:
        url = asyncio.run(make_link(config, conn, provider, account, redirect_uri, now))
    click.echo(json.dumps({"url": url}) if as_json else url)


@main.group()
def token() -> None:
    """Give applications what they prove themselves with at the HTTP API."""


@token.command("issue")
@click.option(
    "--account", required=True, help="Whose calendars: the address of somebody in the configuration."
)
@click.option(
    "--application", default="", help="The client id of the application; not needed if there is one."
)
@click.option("--scope", default="", help="What it may do, with spaces between; else what is usual.")
@config_option
@json_option
def issue_token(account: str, application: str, scope: str, path: Path, as_json: bool) -> None:
    """Print an access token and a refresh token for an ACCOUNT, without asking the person. They are shown once."""
    from daemon.applications import issue

    config = read_config(path, as_json=as_json)
    with changing(config) as conn:
        made = issue(config, conn, account, application, scope, datetime.now(UTC).timestamp())
    if as_json:
        click.echo(json.dumps(made))
    else:
        click.echo(f"access token (an hour): {made['access_token']}")
        click.echo(f"refresh token:          {made['refresh_token']}")
        click.echo(f"scope:                  {made['scope']}")


@main.command()
@click.argument("profile")
@config_option
def unlink(profile: str, path: Path) -> None:
    """Give up the conferencing PROFILE (pro_…): revoke and delete its tokens. Meetings that were made stay."""
    from daemon import logs
    from daemon.linking import unlink as give_up

    config = read_config(path)
    logs.configure("warning", config.log.format)
    with changing(config) as conn:
        left = asyncio.run(give_up(config, conn, profile, datetime.now(UTC).timestamp()))
    click.echo(f"{profile} is unlinked, and its tokens are deleted.")
    if left:
        click.echo(left, err=True)
        sys.exit(1)


@main.command()
@click.argument("profile")
@config_option
def default(profile: str, path: Path) -> None:
    """Have the conferencing PROFILE (pro_…) make the meetings of its person, where an event does not say which."""
    from daemon.linking import choose

    config = read_config(path)
    with changing(config) as conn:
        found = choose(conn, profile)
    click.echo(f"{found.provider} ({found.name}) is the default of {found.account}.")


@main.command()
@click.option("--repair", is_flag=True, help="Also put right what is found, whatever audit.mode says.")
@config_option
@json_option
def audit(repair: bool, path: Path, as_json: bool) -> None:
    """Have the running huddled compare what it knows with what the conferencing services have, at once."""
    from daemon.audit import ring_now
    from store.db import InlineStore

    config = read_config(path, as_json=as_json)
    now = datetime.now(UTC).timestamp()
    with changing(config) as conn:
        keys = InlineStore(conn).run(lambda one: ring_now(one, config.services(), now, repair=repair))
    if as_json:
        click.echo(json.dumps({"audits": list(keys), "repair": repair}))
    else:
        what = f"Rung for: {', '.join(keys)}." if keys else "There is nothing to compare yet."
        click.echo(f"{what} `huddled status` tells what was found.")
