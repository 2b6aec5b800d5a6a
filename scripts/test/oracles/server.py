"""
A warm Python for the tests: imports what their programs import, once, and forks a process for each
program. Itself it computes nothing, for threads do not survive a fork; so a program finds what it
finds in a fresh process, but need not wait for PyTorch. Two things are the server's: what native
libraries read from the environment as they load (OMP_NUM_THREADS), and seeds that nobody set.

    server.py SOCKET    listens until its standard input ends; client.py asks.
"""

import ast
import atexit
import gc
import importlib
import marshal
import os
import select
import signal
import socket
import sys
import threading
import types
import warnings

# What is slow to import, and starts no threads that it does not know how to fork.
shared = {
    *("copairs", "numpy", "ome_zarr_models", "pandas", "pyarrow", "pycytominer", "safetensors"),
    *("scipy", "skimage", "sklearn", "tifffile", "torch", "zarr"),
}
tried = set()


def main(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(64)
    print("listening", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([listener, 0], [], [])
        if 0 in ready:
            return
        connection, _ = listener.accept()
        request, streams = receive(connection)
        if request is not None:
            import_shared(*request[:2])
            if fork() == 0:
                listener.close()
                answer(connection, streams, *request)
        connection.close()
        for stream in streams:
            os.close(stream)


def receive(connection):
    """What is asked, None by an asker that is gone, and the asker's standard streams."""
    head, streams, _, _ = socket.recv_fds(connection, 8, 3)
    size = int.from_bytes(head, "little")
    with connection.makefile("rb") as file:
        request = file.read(size)
    return (marshal.loads(request) if head and len(request) == size else None), streams


def import_shared(args, folder):
    """Imports what a program names, where it is shared."""
    try:
        tree = ast.parse(source_of(args, folder))
    except (OSError, SyntaxError, ValueError):
        return  # The program's own process will say so.
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    if "torch" in names:
        names.append("torch._dynamo")  # Takes two seconds more with the first optimiser.
    for name in names:
        if name.partition(".")[0] in shared and name not in tried:
            tried.add(name)
            try:
                importlib.import_module(name)
            except Exception:
                pass  # No module, but something in one; or else the program will say so.
    gc.freeze()


def source_of(args, folder="."):
    words = [word for word in args if word != "-B"]
    if words[:1] == ["-c"]:
        return "".join(words[1:2])
    with open(os.path.join(folder, "".join(words[:1])), "rb") as file:
        return file.read()


def fork():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The threads of OpenBLAS can be forked.
        return os.fork()


def answer(connection, streams, args, folder, environment):
    """Runs the program in a process of its own, which ends with the asker; tells how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    program = fork()
    if program == 0:
        connection.close()
        become(streams, folder, environment)
        run(args)
    for stream in (*streams, 1, 2):
        os.close(stream)
    ready, _, _ = select.select([os.pidfd_open(program), connection], [], [])
    if connection in ready:
        os.kill(program, signal.SIGKILL)
    _, status = os.waitpid(program, 0)
    try:
        connection.sendall(status.to_bytes(4, "little"))
    finally:
        os._exit(0)


def become(streams, folder, environment):
    for own, given in enumerate(streams):
        os.dup2(given, own)
        os.close(given)
    sys.stdin = sys.__stdin__ = open(0, closefd=False)
    sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)
    sys.stderr = sys.__stderr__ = open(
        2, "w", buffering=1, errors="backslashreplace", closefd=False
    )
    os.chdir(folder)
    os.environb.clear()
    os.environb.update(environment)


def run(args):
    if args[0] == "-B":
        sys.dont_write_bytecode = True
        args = args[1:]
    inline = args[0] == "-c"
    sys.argv = ["-c", *args[2:]] if inline else args
    sys.path[0] = "" if inline else os.path.dirname(os.path.realpath(args[0]))
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    if not inline:
        module.__file__ = args[0]
    try:
        name = "<string>" if inline else args[0]
        exec(compile(source_of(args), name, "exec", dont_inherit=True), module.__dict__)
        end(0, module)
    except SystemExit as error:
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        end(1 if isinstance(error.code, str) else error.code or 0, module)
    except BaseException as error:
        error = error.with_traceback(error.__traceback__.tb_next)
        sys.excepthook(type(error), error, error.__traceback__)
        end(1, module)


def end(code, module):
    """Ends a program in order, but for taking apart all that was imported: half a second."""
    threading._shutdown()
    atexit._run_exitfuncs()
    module.__dict__.clear()  # Closes its files.
    gc.collect()
    sys.stdout.flush()
    os._exit(code)


main(sys.argv[1])
os._exit(0)  # Modules in C complain when they are taken apart.
