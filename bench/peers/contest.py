"""What every peer shares: reading a problem, and answering the program that times the contestants.

A problem is a safetensors file (bench/problems.ts writes it): parameters `p:NAME`, `patterns` and `queries`
[episodes, patterns, ...pattern], and `known` of the same shape where recall is told which entries are right; its metadata
says the rest. Initial moments of the optimiser are zero.
"""

import json
import os
import resource
import struct
import sys
import time

import numpy as np


class Problem:
    """`p`: parameters by name; `batch`: patterns, queries and, where it is given, known; float32 NumPy arrays."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + length])
        self.told = json.loads(header.pop("__metadata__")["problem"])
        self.p, self.batch = {}, {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            array = np.frombuffer(data[8 + length + begin : 8 + length + end], np.float32).reshape(entry["shape"])
            if name.startswith("p:"):
                self.p[name[2:]] = array
            else:
                self.batch[name] = array


def save(path, arrays):
    """Writes named float32 arrays as a safetensors file."""
    arrays = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
    header, offset = {}, 0
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(array.tobytes())


def forget_peak():
    """Makes the peak of resident memory count from now on, where the system can (Linux)."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def peak():
    """Greatest resident memory since `forget_peak`, in bytes."""
    try:
        with open("/proc/self/status") as file:
            return next(1024 * int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return lifetime_peak()


def lifetime_peak():
    """Greatest resident memory of the process so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def hold_threads(step):
    """Gives each of the threads that compute a processor of its own, as ebmm's have (Linux; elsewhere nothing is done).

    A kernel that gathers waking threads on few processors would otherwise leave some idle.
    """
    try:
        cores = sorted(os.sched_getaffinity(0))

        def used():
            times = {}
            for thread in os.listdir("/proc/self/task"):
                with open(f"/proc/self/task/{thread}/stat") as file:
                    fields = file.read().rpartition(")")[2].split()
                times[int(thread)] = int(fields[11]) + int(fields[12])
            return times

        before = used()
        step()
        after = used()
        busiest = sorted(after, key=lambda thread: before.get(thread, 0) - after[thread])
        for thread, core in zip(busiest, cores):
            os.sched_setaffinity(thread, {core})
    except (AttributeError, OSError):
        pass


def serve(form, versions, prepare, step, moments, out):
    """Runs a contestant: two steps, whose results are told, then as many as standard input asks for.

    prepare() compiles; step() updates the parameters once and returns (loss, norm of the gradient) as what float() takes,
    when all of the update is done; moments() gives the optimiser's first moments by name, NumPy arrays.

    The first line written is {"compile": seconds, "losses": [two], "norm": ..., "peak": bytes}; the first moments after the
    first step, from which the gradients can be seen, go to the file `out`. Every line read is a number of steps; the
    answer is {"times": [milliseconds], "peak": bytes}.
    """

    def answer(**what):
        print(json.dumps(what), flush=True)

    started = time.perf_counter()
    prepare()
    seconds = time.perf_counter() - started
    loss, norm = map(float, step())
    save(out, moments())
    second, _ = step()
    answer(form=form, versions=versions, compile=seconds, losses=[loss, float(second)], norm=norm, peak=lifetime_peak())
    hold_threads(step)
    forget_peak()
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            started = time.perf_counter()
            step()
            times.append(1000 * (time.perf_counter() - started))
        answer(times=times, peak=peak())
