"""Makes media fit and play: `wishes` says what is wanted, `plan` how to get there, `engine` does it with ffmpeg."""
