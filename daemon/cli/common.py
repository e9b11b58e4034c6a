"""What the commands share: their options, the configuration, and the database beside a running daemon."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
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


def open_database(config: Any) -> Any:
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
def changing(config: Any) -> Iterator[Any]:
    """Open the database for a short write beside a running daemon, or say why that cannot be done and end."""
    import sqlite3

    from daemon.linking import Unlinkable
    from store.db import connect
    from store.errors import StoreError

    open_database(config).close()
    try:
        with closing(connect(str(config.store.path))) as conn:
            yield conn
    except Unlinkable as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except (StoreError, sqlite3.Error) as error:
        click.echo(f"{config.store.path} cannot be changed: {error}", err=True)
        sys.exit(1)
