"""
Has the warm Python (server.py) run a program with this process's arguments, environment, folder and
streams, and ends as the program ends. Where there is no warm one, becomes the plain Python.

It imports nothing but modules in C, for it must start at once.
"""

import _signal
import _socket
import marshal
import os
import sys

_signal.signal(_signal.SIGINT, _signal.SIG_DFL)
args = sys.argv[1:]
server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
try:
    server.connect(os.environ.get("PHENOPRINT_TEST_ORACLES", ""))
except OSError:
    os.execv(sys.executable, [sys.executable, *args])

request = marshal.dumps((args, os.getcwd(), dict(os.environb)))
streams = b"".join(stream.to_bytes(4, sys.byteorder) for stream in (0, 1, 2))
rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)
server.sendmsg([len(request).to_bytes(8, "little")], [rights])
server.sendall(request)

status = server.recv(4)
if len(status) < 4:
    sys.exit("the warm Python of the tests ended before it answered")
code = os.waitstatus_to_exitcode(int.from_bytes(status, "little"))
if code < 0:
    _signal.signal(-code, _signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
