"""The process that checks a folder; see `checking`."""

from app.rulebook.checking import main

main()
