"""Instagram: posts, reels, carousels, stories, highlights and profiles, by instaloader and, for films, by yt-dlp."""
