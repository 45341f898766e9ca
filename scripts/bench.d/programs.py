"""What the benchmark runs beside the brokers, built at first use.

It is kept in $PYKBROKER_BENCH (~/.cache/pykbroker-bench).  A program is built anew when its sources here are not those
that it was built from.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOME = Path(os.environ.get("PYKBROKER_BENCH", "~/.cache/pykbroker-bench")).expanduser()
NODE_RDKAFKA = "node-rdkafka@3.6.1"

# What librdkafka's configure would find with gcc or clang; its example needs no more of it.
_RDKAFKA_CONFIG = """
#define HAVE_ATOMICS_32 1
#define HAVE_ATOMICS_64 1
#define ATOMIC_OP32(OP1, OP2, PTR, VAL) __atomic_##OP1##_##OP2(PTR, VAL, __ATOMIC_SEQ_CST)
#define ATOMIC_OP64(OP1, OP2, PTR, VAL) __atomic_##OP1##_##OP2(PTR, VAL, __ATOMIC_SEQ_CST)
"""


class Missing(Exception):
    """Something cannot be measured on this machine; says what to install."""


def compiler() -> str:
    found = next(filter(shutil.which, ("cc", "gcc", "clang")), None)
    if found is None:
        raise Missing("no C compiler on the PATH (Debian: apt install gcc libc6-dev)")
    return found


def c_program(name: str) -> Path:
    """`name`.c of this folder."""
    source = HERE / f"{name}.c"
    return _built(name, [source.read_bytes()], lambda place: _run(compiler(), "-O2", "-o", f"{place}/{name}", source))


def kfake() -> Path:
    """franz-go's fake cluster, by the versions in kfake/go.mod, from Go's module proxy."""
    sources = [path for path in sorted((HERE / "kfake").iterdir())]

    def build(place: str) -> None:
        if shutil.which("go") is None:
            raise Missing("no `go` on the PATH, version 1.26 or newer (https://go.dev/dl)")
        _run("go", "build", "-o", f"{place}/kfake", ".", cwd=HERE / "kfake")

    return _built("kfake", [path.read_bytes() for path in sources], build)


def rdkafka_performance() -> Path:
    """librdkafka's own load generator: its source is in node-rdkafka, its library in confluent-kafka's wheel."""
    import confluent_kafka

    wheel = Path(confluent_kafka.__file__).resolve().parent.parent / "confluent_kafka.libs"
    library = next(wheel.glob("librdkafka-*.so*"), None)
    if library is None:
        raise Missing(f"no librdkafka in {wheel}: confluent-kafka did not come as a wheel for Linux")

    def build(place: str) -> None:
        if shutil.which("npm") is None:
            raise Missing(
                "no `npm` on the PATH (Debian: apt install npm), which fetches rdkafka_performance's source once"
            )
        compiling = compiler()
        _run("npm", "pack", "--silent", NODE_RDKAFKA, cwd=place)
        _run("tar", "xzf", next(Path(place).glob("*.tgz")), cwd=place)
        sources = Path(place) / "package/deps/librdkafka"
        (sources / "config.h").write_text(_RDKAFKA_CONFIG)
        example, output = sources / "examples/rdkafka_performance.c", f"{place}/rdkafka_performance"
        options = [
            "-O2",
            "-w",
            "-I",
            sources / "src",
            "-o",
            output,
            example,
            library,
            f"-Wl,-rpath,{wheel}",
            "-lpthread",
        ]
        _run(compiling, *options)

    return _built("rdkafka_performance", [NODE_RDKAFKA.encode(), str(library).encode()], build)


def _built(name: str, sources: list[bytes], build: Callable[[str], None]) -> Path:
    """`build(place)` makes the file `name` in the folder `place`; it is moved to where it stays when it is whole."""
    stamp = hashlib.sha256(b"\0".join(sources)).hexdigest()[:12]
    program = HOME / f"{name}-{stamp}"
    if not program.exists():
        print(f"scripts/bench: building {name} into {HOME}", file=sys.stderr)
        HOME.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=HOME) as place:
            build(place)
            os.rename(f"{place}/{name}", program)
    return program


def _run(*command: object, cwd: object = None) -> None:
    done = subprocess.run([str(word) for word in command], cwd=cwd and str(cwd), capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"`{' '.join(map(str, command[:3]))}` failed: {(done.stderr or done.stdout).strip()[-1000:]}")
