"""A web of its own: real clients ask real host names over TLS, and sites on this machine answer.

A client reaches it by configuration alone: an HTTP proxy (`Web.proxy_url`) and an authority to trust (`Web.ca_file`).
Hosts that no site here has are refused and recorded, so that a test can assert that none was asked for.

To add a site, write a module or a folder beside `youtube/` with a class that is a `Site` (`site.py`): it names its
hosts, each with the coroutine that answers for it (aiohttp's `Request` in, `Response` out), and links for people to
try. Media come from `Kitchen` (`kitchen.py`), which lets ffmpeg make each clip when it is first asked for. Then name
the class in `sites.py`: the demo, `fetchgram sandbox` and the fixture `live_bot` have it from then on.
"""
