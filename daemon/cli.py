"""The command line: each command is a few lines over the room that does the work."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

DEFAULT_CONFIG = "/etc/huddled/config.toml"

config_option = click.option(
    "--config",
    "-c",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path(DEFAULT_CONFIG),
    show_default=True,
    envvar="HUDDLED_CONFIG",
    help="The configuration file.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="huddled")
def main() -> None:
    """Give every flagged calendar event its own video meeting, and keep the two in step."""


def read_config(path: Path, *, as_json: bool = False) -> Any:
    """Load the configuration, or say everything that is wrong with it and end."""
    from daemon.config.load import load
    from daemon.config.problems import ConfigError, problems_json, render_problems

    try:
        return load(path, os.environ)
    except ConfigError as error:
        text = json.dumps(problems_json(str(path), error.problems)) if as_json else render_problems(error)
        click.echo(text, err=not as_json)
        sys.exit(2)


@main.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Log in JSON, whatever the configuration says.")
def run(path: Path, as_json: bool) -> None:
    """Keep calendars in step until stopped."""
    from daemon import logs
    from daemon.process import run_process
    from store.errors import StoreSick

    config = read_config(path, as_json=as_json)
    logs.configure(config.log.level, "json" if as_json else config.log.format)
    try:
        run_process(config)
    except (StoreSick, OSError) as error:
        click.echo(f"huddled cannot run: {error}", err=True)
        sys.exit(1)


@main.command()
@click.option("--story", is_flag=True, help="End after the story, with status 0 if all went well.")
@click.option(
    "--port",
    default=0,
    help="Where the web page of the simulated calendars is; else at 8490, or any free port.",
)
@json_option
def demo(story: bool, port: int, as_json: bool) -> None:
    """Watch huddled work against simulated providers: no account, no internet."""
    from daemon.demo.play import play

    sys.exit(play(story=story, port=port, as_json=as_json))


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
    with _changing(config) as conn:
        url = asyncio.run(make_link(config, conn, provider, account, redirect_uri, now))
    click.echo(json.dumps({"url": url}) if as_json else url)


@main.command()
@click.argument("profile")
@config_option
def unlink(profile: str, path: Path) -> None:
    """Give up the conferencing PROFILE (pro_…): revoke and delete its tokens. Meetings that were made stay."""
    from daemon import logs
    from daemon.linking import unlink as give_up

    config = read_config(path)
    logs.configure("warning", config.log.format)
    with _changing(config) as conn:
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
    with _changing(config) as conn:
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
    with _changing(config) as conn:
        keys = InlineStore(conn).run(lambda one: ring_now(one, config.services(), now, repair=repair))
    if as_json:
        click.echo(json.dumps({"audits": list(keys), "repair": repair}))
    else:
        what = f"Rung for: {', '.join(keys)}." if keys else "There is nothing to compare yet."
        click.echo(f"{what} `huddled status` tells what was found.")


@main.command("check-config")
@config_option
@json_option
def check_config(path: Path, as_json: bool) -> None:
    """Say everything that is wrong with the configuration, with its line and how to mend it."""
    from daemon.config.problems import problem_line, problems_json

    config = read_config(path, as_json=as_json)
    if as_json:
        click.echo(json.dumps({**problems_json(str(path), ()), "warnings": len(config.warnings)}))
        return
    for warning in config.warnings:
        click.echo(f"warning: {problem_line(str(path), warning)}")
    click.echo(f"{path} is good. Services: {', '.join(config.services()) or 'none'}.")


@main.command()
@config_option
@json_option
def status(path: Path, as_json: bool) -> None:
    """Show accounts, calendars, conferences, and what does not work and why."""
    from daemon.report import status_of
    from daemon.show import print_status

    facts = status_of(_database(path, as_json))
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
    found = reasons(_open(config), base_policy(config, datetime.now(UTC)), event)
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


def _database(path: Path, as_json: bool) -> Any:
    return _open(read_config(path, as_json=as_json))


def _open(config: Any) -> Any:
    """Open the database for reading beside a running daemon, or say why that cannot be done and end."""
    import sqlite3

    from store.db import connect

    file = config.store.path
    if not file.exists():
        click.echo(f"{file} is not there yet: huddled has not run with this configuration.", err=True)
        sys.exit(1)
    try:
        return connect(str(file), readonly=True)
    except sqlite3.Error as error:
        click.echo(f"{file} cannot be read: {error}", err=True)
        sys.exit(1)


@contextmanager
def _changing(config: Any) -> Iterator[Any]:
    """Open the database for a short write beside a running daemon, or say why that cannot be done and end."""
    import sqlite3

    from daemon.linking import Unlinkable
    from store.db import connect
    from store.errors import StoreError

    _open(config).close()
    try:
        with closing(connect(str(config.store.path))) as conn:
            yield conn
    except Unlinkable as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except (StoreError, sqlite3.Error) as error:
        click.echo(f"{config.store.path} cannot be changed: {error}", err=True)
        sys.exit(1)
