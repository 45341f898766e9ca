"""`python -m pykbroker` is `pykbroker`."""

from pykbroker.cli.entry import main

main()
