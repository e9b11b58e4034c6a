"""Commands that tell what is, and what would be done."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from daemon.cli.common import config_option, json_option, main, open_database, read_config


@main.command()
@config_option
@json_option
def status(path: Path, as_json: bool) -> None:
    """Show accounts, calendars, conferences, and what does not work and why."""
    from daemon.report import status_of
    from daemon.show import print_status

    facts = status_of(open_database(read_config(path, as_json=as_json)))
    if as_json:
        click.echo(json.dumps(facts))
    else:
        print_status(facts)


@main.command()
@click.argument("event")
@config_option
@json_option
def why(event: str, path: Path, as_json: bool) -> None:
    """Say why an EVENT (id, iCalendar UID or part of its title) does or does not have a meeting."""
    from daemon.report import reasons
    from daemon.show import print_reasons
    from daemon.world import base_policy

    config = read_config(path, as_json=as_json)
    found = reasons(open_database(config), base_policy(config, datetime.now(UTC)), event)
    if as_json:
        click.echo(json.dumps(found))
    else:
        print_reasons(event, found)
    if not found:
        sys.exit(1)


@main.command()
@config_option
@json_option
def plan(path: Path, as_json: bool) -> None:
    """Read all calendars and say what would be done, without writing anything anywhere."""
    from daemon import logs
    from daemon.dry_run import dry_run, print_plan

    config = read_config(path, as_json=as_json)
    logs.configure("warning", config.log.format)
    found = asyncio.run(dry_run(config))
    if as_json:
        click.echo(json.dumps(found))
    else:
        print_plan(found)
    if any("error" in calendar for calendar in found["calendars"]):
        sys.exit(1)
