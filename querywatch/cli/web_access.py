"""Who may read the web: the passwords that are hashed for it, and the certificate that it has."""

import getpass
import sys

from querywatch.cli.results import Result
from querywatch.config import WebSettings
from querywatch.errors import ConfigError, QuerywatchError
from querywatch.export.tls import make_tls_context


def ask_password() -> str:
    """A password, typed twice on a terminal, or the first line of a pipe; raises QuerywatchError when it is none."""
    if sys.stdin.isatty():
        password = getpass.getpass("password: ")
        if getpass.getpass("the same again: ") != password:
            raise QuerywatchError("the two are not the same: nothing was hashed")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise QuerywatchError("no password was given")
    return password


def check_web(web: WebSettings) -> list[Result]:
    """Whether the certificate can be used; nothing where there is none."""
    if web.tls_files is None:
        return []
    try:
        make_tls_context(*web.tls_files)
    except ConfigError as error:
        return [
            Result(server="", what="web certificate", state="wrong", says="cannot be used", fix=str(error))
        ]
    return [Result(server="", what="web certificate", state="ok", says="can be read, with its key")]
