"""YouTube: videos, shorts, clips, playlists and channels, over the engine of `fetchgram_ytdlp`."""
