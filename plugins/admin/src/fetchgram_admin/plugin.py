"""The plugin: the command that opens the panel, and those that lead straight to a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fetchgram.api import Command, Context, Role, SettingsModel, hookimpl, text

if TYPE_CHECKING:
    from fetchgram_admin.panel import Panel


class Plugin:
    """Screens over `Interaction.control`: what an admin may do is decided and written down by the core.

    Args:
        settings: It has none.
        context: What plugins are given.
    """

    name = "admin"
    api_version = 1
    Settings = SettingsModel

    def __init__(self, settings: SettingsModel, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._built: Panel | None = None

    @hookimpl
    def admin_commands(self) -> Sequence[Command]:
        """Name the commands; all buttons belong to the panel."""
        from fetchgram_admin import audit, failures, health, plugins  # noqa: PLC0415  # many modules, and only a bot needs them

        panel, viewer = self._panel(), Role.VIEWER
        return (
            Command(
                name="admin",
                help=text("admin-help"),
                handler=panel.home,
                minimum_role=viewer,
                actions=panel.actions,
            ),
            Command(name="error", help=text("admin-error-help"), handler=failures.by_number, minimum_role=viewer),
            Command(name="health", help=text("admin-health-help"), handler=health.overview, minimum_role=viewer),
            Command(name="plugins", help=text("admin-plugins-help"), handler=plugins.overview, minimum_role=viewer),
            Command(name="audit", help=text("admin-audit-help"), handler=audit.newest, minimum_role=viewer),
        )

    def _panel(self) -> Panel:
        """Build it once, when it is asked for: whoever only lists plugins gives them no context."""
        from fetchgram_admin.panel import SECTIONS, Panel  # noqa: PLC0415  # many modules, and only a bot needs them

        if self._built is None:
            self._built = Panel([section(self._context) for section in SECTIONS])
        return self._built
