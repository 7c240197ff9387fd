"""What people do with the bot, counted and drawn."""
