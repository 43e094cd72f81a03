"""The command `podcastsvc`: joins the groups of commands, each loaded when it is asked for."""

from importlib import import_module

import click

from podcastsvc import __version__

# Name of a command: the file in commands/ and the function in it. Loading all of them would triple a short command's time.
COMMANDS = {
    "init": ("installing", "init"),
    "serve": ("serving", "serve"),
    "worker": ("serving", "worker"),
    "scan": ("catalogue", "scan"),
    "check": ("catalogue", "check"),
    "hosts": ("people", "hosts"),
    "members": ("people", "members"),
    "import": ("importing", "importing"),
    "payments": ("payments", "payments"),
    "redirects": ("old_addresses", "redirects"),
    "search": ("searching", "search"),
    "db": ("installing", "db"),
    "settings": ("installing", "settings"),
}


class LateGroup(click.Group):
    """A group that imports a command's file only to run it or to list its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        file, name = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"podcastsvc.commands.{file}"), name)
        return command


@click.group(cls=LateGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="podcastsvc")
def main() -> None:
    """Publish your podcast and keep your members, on your own server."""


if __name__ == "__main__":
    main()
