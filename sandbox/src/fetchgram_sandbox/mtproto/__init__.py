"""Telegram's MTProto 2.0 server, emulated on loopback: real kurigram and Telethon clients log in and send files.

kurigram serves as the codec of the type language, so the layer is that of the installed kurigram. Its import takes a
second: everything in here is imported only by who runs the server.
"""
