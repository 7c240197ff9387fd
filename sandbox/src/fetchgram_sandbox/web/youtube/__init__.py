"""A site that answers as YouTube does: enough of it for yt-dlp's own extractors to run unchanged.

It shows that options, errors, pages, downloads and merging work with the real extractors. It cannot show that the real
site answers so tomorrow.
"""
