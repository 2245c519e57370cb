"""The process that parses: shapes in, outlines out, one after the other, each within a bound of CPU time.

usage: python -m querywatch.service.parser_process DESCRIPTOR SECONDS
"""

import signal
import sys
from multiprocessing.connection import Connection

from querywatch.sql.parse import parse_shape


def main() -> None:
    """Answers until the other end closes. A shape that takes too long ends the process: nothing else can stop it."""
    descriptor, seconds = int(sys.argv[1]), float(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the daemon's; its end closes the pipe
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with Connection(descriptor) as pipe:
        pipe.send(None)  # ready
        while True:
            try:
                shape = pipe.recv()
            except EOFError:
                return
            signal.setitimer(signal.ITIMER_PROF, seconds)
            outline = parse_shape(shape)
            signal.setitimer(signal.ITIMER_PROF, 0)
            pipe.send(outline)


if __name__ == "__main__":
    main()
