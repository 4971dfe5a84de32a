"""A day in a contact centre, written down as YAML, and played by a TaskRouter.

model       what a scenario says
yaml        YAML text to values that know their line
reading     values to a Scenario, or all that is wrong with them
shipped     the scenarios that come with the package
drawing     what differs from task to task, by the seed
stage       a workspace set up for it, and all that it plans
playing     from its beginning to its end, as fast as it goes
"""

from app.sandbox.scenario.model import Scenario
from app.sandbox.scenario.playing import play
from app.sandbox.scenario.reading import ScenarioBroken, read_scenario, read_workflow
from app.sandbox.scenario.shipped import SHIPPED, shipped_scenario
from app.sandbox.scenario.stage import Stage

__all__ = [
    "SHIPPED",
    "Scenario",
    "ScenarioBroken",
    "Stage",
    "play",
    "read_scenario",
    "read_workflow",
    "shipped_scenario",
]
