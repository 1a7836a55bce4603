"""Programs with a library of tests/faults before their own: one that breaks, stops the disk, or puts the clock forward."""
import contextlib
import os
import shutil
import struct
import threading

from world import BUILD


def preload(lazaret, program, library, **environment):
    """Whoever starts the program from now on starts it so."""
    name = f"{lazaret.bin / library}.so"
    shutil.copy2(BUILD / f"tests/faults/{library}.so", name)
    os.rename(lazaret.bin / program, lazaret.bin / f"{program}.{library}")
    words = " ".join(f"{key}={value}" for key, value in environment.items())
    (lazaret.bin / program).write_text(
        f'#!/bin/sh\n{words} LD_PRELOAD="{name} $LD_PRELOAD" ASAN_OPTIONS=verify_asan_link_order=0 '
        f'exec {lazaret.bin / program}.{library} "$@"\n')
    os.chmod(lazaret.bin / program, 0o755)


class Clock:
    """One program's clock, which can be put forward: what the program waits for comes sooner, and the others do not notice."""

    def __init__(self, lazaret, program):
        self.path, self.ahead = lazaret.dir / f"{program}.ahead", 0
        self.path.write_bytes(bytes(8))
        preload(lazaret, program, "clock", CLOCK_AHEAD=self.path)

    def forward(self, seconds):
        self.ahead += seconds
        with open(self.path, "r+b", buffering=0) as file:
            file.write(struct.pack("=q", int(self.ahead * 1000)))

    @contextlib.contextmanager
    def hurried(self, seconds=5, every=0.25):
        """So many seconds go by in a moment, again and again."""
        ended = threading.Event()

        def hurry():
            while not ended.wait(every):
                self.forward(seconds)
        thread = threading.Thread(target=hurry)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
