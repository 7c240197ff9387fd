"""The methods of core.telegram.org/methods that are emulated; any other is refused loudly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from fetchgram_sandbox.mtproto.answers import TL
from fetchgram_sandbox.mtproto.desk import Call
from fetchgram_sandbox.mtproto.methods import dialogs, files, history, login, people, sending, signing_in

Handler: TypeAlias = Callable[[Call], Awaitable[TL]]


@dataclass(frozen=True, slots=True)
class Method:
    """One method; whether it needs somebody to be logged in, and to live in this data centre."""

    handle: Handler
    needs_login: bool = True
    at_home: bool = True


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "help.getConfig": Method(login.get_config, needs_login=False),
        "help.getNearestDc": Method(login.get_nearest_dc, needs_login=False),
        "auth.importBotAuthorization": Method(login.import_bot_authorization, needs_login=False),
        "auth.sendCode": Method(signing_in.send_code, needs_login=False),
        "auth.signIn": Method(signing_in.sign_in, needs_login=False),
        "account.getPassword": Method(signing_in.get_password, needs_login=False),
        "auth.checkPassword": Method(signing_in.check_password, needs_login=False),
        "auth.exportAuthorization": Method(login.export_authorization, at_home=False),
        "auth.importAuthorization": Method(login.import_authorization, needs_login=False),
        "auth.logOut": Method(login.log_out, at_home=False),
        "messages.getDialogs": Method(dialogs.get_dialogs),
        "messages.getHistory": Method(dialogs.get_history),
        "updates.getState": Method(history.get_state),
        "updates.getDifference": Method(history.get_difference),
        "messages.getMessages": Method(history.get_messages),
        "channels.getMessages": Method(history.get_channel_messages),
        "users.getUsers": Method(people.get_users),
        "users.getFullUser": Method(people.get_full_user),
        "channels.getChannels": Method(people.get_channels),
        "contacts.resolveUsername": Method(people.resolve_username),
        "upload.saveFilePart": Method(files.save_part),
        "upload.saveBigFilePart": Method(files.save_part),
        "upload.getFile": Method(files.get_file, at_home=False),
        "messages.uploadMedia": Method(files.upload_media),
        "messages.sendMessage": Method(sending.send_message),
        "messages.sendMedia": Method(sending.send_media),
        "messages.sendMultiMedia": Method(sending.send_multi_media),
        "messages.forwardMessages": Method(sending.forward_messages),
        "messages.editMessage": Method(sending.edit_message),
    }
)


def name_of(query: TL) -> str:
    """Return a query's name as the documentation writes it: `functions.upload.GetFile` is `upload.getFile`."""
    space, _, name = str(query.QUALNAME).removeprefix("functions.").rpartition(".")
    return f"{space}.{name[:1].lower()}{name[1:]}".lstrip(".")
