"""``python -m hsmc``."""

from hsmc.cli import main

main()
