"""A signature database of production size, the same at every run: two million hashes, fifty thousand body signatures, five
thousand logical ones. None of them is in any mail.

    signatures.py FOLDER [HASHES BODIES LOGICALS]
"""
import pathlib
import random
import sys


def generate(folder, hashes=2_000_000, bodies=50_000, logicals=5_000):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(20261122)
    with open(folder / "bench.hdb", "w") as out:
        for start in range(0, hashes, 10_000):
            out.write("".join(f"{rng.getrandbits(128):032x}:{rng.randrange(1_000, 5_000_000)}:Bench.Hash-{n}\n"
                              for n in range(start, min(start + 10_000, hashes))))
    with open(folder / "bench.ndb", "w") as out:
        for n in range(bodies):
            # Types as in the official database: most for programs, some for mail, HTML and anything.
            target = rng.choice((1, 1, 1, 1, 0, 3, 4, 7))
            out.write(f"Bench.Body-{n}:{target}:*:{rng.randbytes(rng.randrange(20, 80)).hex()}\n")
    with open(folder / "bench.ldb", "w") as out:
        for n in range(logicals):
            target = rng.choice((1, 1, 0, 3, 7))
            subs = [rng.randbytes(rng.randrange(10, 30)).hex() for _ in range(3)]
            out.write(f"Bench.Logical-{n};Engine:81-255,Target:{target};0&1&2;{';'.join(subs)}\n")
    return folder


if __name__ == "__main__":
    generate(sys.argv[1], *map(int, sys.argv[2:5]))
