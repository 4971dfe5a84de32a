"""`desk schema`."""

import click
import orjson

from app.engine.editor import rules_schema


@click.command(short_help="Prints the rules format for editors.")
def schema() -> None:
    """Prints a JSON Schema of the rules format, by which an editor completes and checks keys.

    An editor with yaml-language-server reads it where a rules file begins with this line:

    \b
      # yaml-language-server: $schema=schema.json

    It finds keys and values that are wrong in themselves. What rules mean together, only `desk check` knows.

    \b
    Examples:
      desk schema > rules/schema.json
      desk schema | jq '.definitions.conference.properties | keys'
    """
    click.echo(orjson.dumps(rules_schema(), option=orjson.OPT_INDENT_2))
