"""Everything that an admin does, inside Telegram."""
