"""`python -m daemon` is `huddled`."""

from __future__ import annotations

from daemon.cli.program import main

if __name__ == "__main__":
    main(prog_name="huddled")
