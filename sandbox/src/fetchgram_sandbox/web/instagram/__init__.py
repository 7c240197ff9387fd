"""A site that answers as Instagram does: enough of it for instaloader and yt-dlp to run unchanged.

One media item serves both, as on the real site. Which requests and fields there are was read from instaloader 4.16 and
yt-dlp 2026.10.26; what neither of them reads is left out. It cannot show that the real site answers so tomorrow.
"""
