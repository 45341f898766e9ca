"""`python -m pykbroker` is `pykbroker`."""

from pykbroker.cli.main import main

main(prog_name="pykbroker")
