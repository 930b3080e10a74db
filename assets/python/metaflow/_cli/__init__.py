"""The command line of `python flow.py ...`, with Metaflow's commands, options, variables, lines and exit codes.

What reads is done here, in Python; what runs tasks becomes a command line of the flowdev binary (`execute`). A module
of commands has a table `COMMANDS`: the name of the command, or of a group's subcommand (`card`, `tag`), to a `Command`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from ..flowspec import FlowSpec


def main(flow: FlowSpec, words: list[str] | None = None) -> NoReturn:
    """Do what the command line says about this flow; ends the process."""
    code = run(flow, sys.argv[1:] if words is None else words)
    sys.stdout.flush()
    sys.stderr.flush()
    raise SystemExit(code)


def run(flow: FlowSpec, words: list[str]) -> int:
    """The exit code of the command line."""
    from .top import Top

    return carry_out(lambda: Top().run_for(flow, words))


def carry_out(action: Callable[[], int | None]) -> int:
    """The exit code of an action; what goes wrong in it is explained to the user."""
    from ..exception import MetaflowException
    from . import terminal
    from .errors import Exit, UsageError

    try:
        return action() or 0
    except Exit as done:
        return done.code
    except UsageError as error:
        from .help import how

        if error.context is not None:
            print(how(error.context), file=sys.stderr)
        print(f"Error: {error.message}", file=sys.stderr)
        return 2
    except MetaflowException as error:
        terminal.show_exception(error)
        return 1
    except BrokenPipeError:
        # Nobody reads any more: that is the reader's business.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except KeyboardInterrupt:
        print("\nAborted!", file=sys.stderr)
        return 1
    except Exception as error:
        from .._worker.errors import is_raised_by_user, print_user

        if not is_raised_by_user(error):
            raise
        # A mutator, a parser, a default: the user's code that the command line calls.
        print_user(error)
        return 1
