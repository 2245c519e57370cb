"""What `review` needs of a server and of the parser: everything at once, and nothing left out."""

from collections.abc import Iterable, Iterator
from itertools import islice

from querywatch.config import ServerSettings
from querywatch.db.connection import connect
from querywatch.db.endpoint import Endpoint
from querywatch.errors import QuerywatchError
from querywatch.model import Schema, Statement
from querywatch.schemafile import SavedSchema
from querywatch.service.parsing import Parser
from querywatch.sources.base import SourceUnavailableError
from querywatch.sources.schema import SchemaSource
from querywatch.sources.status import read_status

_CHUNK = 50
_TURNS = 4  # the parser gives up a turn for each statement that it dies of
_WAIT_SECONDS = 60.0  # for a chunk; a statement takes a second at the most
_ROUND_SECONDS = 86_400.0


def make_parser() -> Parser:
    """A parser that is waited for."""
    return Parser(wait_seconds=_WAIT_SECONDS, rest_seconds=0.0)


def parse_all(parser: Parser, statements: Iterable[Statement]) -> Iterator[Statement]:
    """Each statement, in order, with what its parsing brought; one that cannot be parsed as it was."""
    waiting = iter(statements)
    while chunk := list(islice(waiting, _CHUNK)):
        known: dict[str, Statement] = {}
        for _ in range(_TURNS):
            missing = [each for each in chunk if not each.cut and each.fingerprint not in known]
            if not missing:
                break
            known |= parser.complete(missing)
        yield from (known.get(each.fingerprint, each) for each in chunk)


def read_live_schema(server: ServerSettings, password: str) -> SavedSchema:
    """The tables and indexes of a configured server, and how it reads SQL. Raises QuerywatchError with the fix."""
    return read_schema(server.to_endpoint(password), server.databases)


def read_schema(endpoint: Endpoint, databases: tuple[str, ...]) -> SavedSchema:
    """The same of any server; of all databases but its own when none is named."""
    connection = connect(endpoint)
    try:
        status = read_status(connection)
        source = SchemaSource(databases, _ROUND_SECONDS)
        schema: Schema | None = None
        while schema is None:
            schema = source.read_some(connection, 0.0)
            if schema is None and not source.is_due(0.0):
                raise QuerywatchError(f"{endpoint.name}: its tables could not be read")
        return SavedSchema(
            schema=schema,
            server=connection.server,
            ansi_quotes=status.ansi_quotes,
            no_backslash_escapes=status.no_backslash_escapes,
        )
    except SourceUnavailableError as error:
        raise QuerywatchError(f"{endpoint.name}: {error}; {error.advice}") from None
    finally:
        connection.close()
