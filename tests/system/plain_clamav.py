"""What libclamav itself finds in files: `plain_clamav.py DATABASE FILE…` prints a line of JSON, file names and viruses.

A program of its own, as the library keeps its engine and its settings for the life of a process.
"""
import ctypes
import json
import pathlib
import subprocess
import sys

LIBRARY = "libclamav.so"
DB_STDOPT = 0x2 | 0x8 | 0x2000  # phishing, its lists of addresses, bytecode
VIRUS = 1


class Options(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("general", "parse", "heuristic", "mail", "dev")]


def load(database):
    clamav = ctypes.CDLL(LIBRARY)
    clamav.cl_engine_new.restype = ctypes.c_void_p
    clamav.cl_init(0)
    engine, count = ctypes.c_void_p(clamav.cl_engine_new()), ctypes.c_uint()
    assert clamav.cl_load(str(database).encode(), engine, ctypes.byref(count), DB_STDOPT) == 0
    assert clamav.cl_engine_compile(engine) == 0
    return clamav, engine


def found_in(clamav, engine, path):
    virus, scanned = ctypes.c_char_p(), ctypes.c_ulong()
    options = Options(parse=0xffffffff)
    code = clamav.cl_scanfile(str(path).encode(), ctypes.byref(virus), ctypes.byref(scanned), engine, ctypes.byref(options))
    return virus.value.decode() if code == VIRUS else None


def ask(database, paths):
    """For each path the virus that is found in it, or None."""
    out = subprocess.run([sys.executable, __file__, str(database), *map(str, paths)], capture_output=True, timeout=300)
    assert out.returncode == 0, out.stderr[-2000:]
    return json.loads(out.stdout.splitlines()[-1])


if __name__ == "__main__":
    library, signatures = load(pathlib.Path(sys.argv[1]))
    print(json.dumps({name: found_in(library, signatures, name) for name in sys.argv[2:]}))
