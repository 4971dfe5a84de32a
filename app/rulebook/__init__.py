"""The rules folder: reading it, which rules a process begins with, and taking over what changes there."""

from app.rulebook.folder import Reading, read_folder
from app.rulebook.standing import Failing, Rulebook, Standing
from app.rulebook.starting import joining_rules, starting_rules

__all__ = ["Failing", "Reading", "Rulebook", "Standing", "joining_rules", "read_folder", "starting_rules"]
