"""Functions for the engines to run: they sleep, fail, crash and hang, and note in a file that they started."""

import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from deap_nn.engines import retry_alone
from deap_nn.engines.child.procfs import birth


def note(folder, name):
    """One line for each start; a short O_APPEND write is atomic."""
    file = os.open(Path(folder, "starts"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, f"{name} {os.getpid()}\n".encode())
    os.close(file)


def starts(folder):
    """The names of the tasks, once for each start."""
    return [line.split()[0] for line in Path(folder, "starts").read_text().splitlines()]


def _first_time(folder, name):
    note(folder, name)
    return starts(folder).count(name) == 1


def square(folder, name, number, seconds=0.0):
    note(folder, name)
    time.sleep(seconds)
    return number * number


def double(number):
    return 2 * number


def process(_=None):
    return os.getpid()


def dies_slowly(_=None):
    """The process of this child, of which a thread outlives the main thread once it gets SIGUSR1."""
    threading.Thread(target=time.sleep, args=(2.0,), daemon=True).start()
    signal.signal(signal.SIGUSR1, lambda *_: ctypes.CDLL(None).pthread_exit(None))
    return os.getpid()


def raises(folder, name):
    note(folder, name)
    raise ValueError("the network is\nnot buildable")


class Odd(Exception):
    def __init__(self, left, right):  # cannot be unpickled: its arguments are not those it keeps
        super().__init__(f"{left}-{right}")


def raises_odd(folder, name):
    note(folder, name)
    raise Odd("odd", "message")


def exits(folder, name):
    note(folder, name)
    raise SystemExit(7)


def leaves(folder, name):
    note(folder, name)
    print("about to leave")
    os._exit(3)


def leaves_once(folder, name):
    if _first_time(folder, name):
        os._exit(3)
    return "second time"


def crashes_once(folder, name):
    if _first_time(folder, name):
        ctypes.string_at(0)
    return "second time"


def crashes(folder, name):
    note(folder, name)
    print("reading address zero")
    ctypes.string_at(0)


def hangs_once(folder, name):
    if _first_time(folder, name):
        time.sleep(3600)
    return "second time"


def hangs(folder, name):
    note(folder, name)
    time.sleep(3600)


def cannot_be_pickled(folder, name):
    note(folder, name)
    return lambda: None


class Broken:
    def __reduce__(self):
        return _refuse, ()


def _refuse():
    raise RuntimeError("not in this process")


def cannot_be_unpickled(folder, name):
    note(folder, name)
    return Broken()


def eats_memory(folder, name, megabytes):
    note(folder, name)
    eaten = bytearray(megabytes * 1_000_000)
    for index in range(0, len(eaten), 4096):
        eaten[index] = 1
    time.sleep(3600)


_kept = []


def keeps_memory(megabytes):
    """Grow for good; returns the process."""
    _kept.append(b"x" * (megabytes * 1_000_000))
    return os.getpid()


def takes_memory(folder, name, seconds):
    """Take some of a device's memory, which a framework keeps for as long as the process lives."""
    note(folder, name)
    Path(folder, f"taken-{os.getpid()}").touch()
    time.sleep(seconds)
    return name


def needs_all_memory(folder, name):
    """Run out of memory where another process has taken some."""
    note(folder, name)
    takers = {int(path.name.partition("-")[2]) for path in Path(folder).glob("taken-*")}
    share = os.environ["XLA_PYTHON_CLIENT_MEM_FRACTION"]
    return retry_alone("out of memory") if any(map(birth, takers)) else f"fits into {share}"


def never_fits(folder, name):
    """Run out of memory, whatever else runs."""
    note(folder, name)
    return retry_alone("out of memory")


def process_out_of_memory(_=None):
    return retry_alone(os.getpid())


def place(seconds):
    """Where this runs: child, worker, GPU."""
    time.sleep(seconds)
    return os.getpid(), os.getppid(), os.environ.get("CUDA_VISIBLE_DEVICES")


def environment(names):
    return {name: os.environ.get(name) for name in names}


def holds_the_interpreter(seconds):
    """Sleep in C without letting another thread of the interpreter run."""
    ctypes.PyDLL(None).sleep(int(seconds))


def huge_pages(size):
    """Return how many bytes of a block of memory lie on large pages."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    ctypes.memset(libc.malloc(ctypes.c_size_t(size)), 1, size)
    line = next(line for line in Path("/proc/self/smaps_rollup").read_text().splitlines() if "AnonHugePages" in line)
    return 1024 * int(line.split()[1])


def pages_of_a_second_block(size, in_thread):
    """Take and free a block of memory twice; return how many pages the kernel made for the second one."""

    def take():
        libc = ctypes.CDLL(None)
        libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        block = libc.malloc(ctypes.c_size_t(size))
        ctypes.memset(block, 1, size)
        libc.free(block)
        pages.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

    pages = []
    for _ in range(2):
        if in_thread:
            thread = threading.Thread(target=take)
            thread.start()
            thread.join()
        else:
            take()
    return pages[1]


def fork_and_return(number):
    """Return twice: in the process that was asked, and in a copy of it."""
    return number if os.fork() else -number


def leave_behind(seconds, then_sleep):
    """Start a process in a session of its own, by way of one that ends, as daemons do; return, or go on for long."""
    script = "import subprocess, sys; subprocess.Popen(['sleep', sys.argv[1]], start_new_session=True)"
    subprocess.run([sys.executable, "-c", script, str(seconds)], check=True)
    time.sleep(then_sleep)
    return seconds


def memory_of_a_thread(size):
    """Start, from a thread, a process that takes much memory; return after a while."""
    script = f"import time; block = bytearray({size}); time.sleep(20)"
    thread = threading.Thread(target=lambda: subprocess.run([sys.executable, "-c", script], check=False))
    thread.start()
    thread.join()
