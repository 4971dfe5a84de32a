"""`python -m app.cli`: the same as `desk`, wherever the command is not on the PATH."""

from app.cli import main

main(prog_name="desk")
