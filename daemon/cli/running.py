"""Commands that run huddled, or try out whether it can run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from daemon.cli.common import config_option, json_option, main, read_config


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
