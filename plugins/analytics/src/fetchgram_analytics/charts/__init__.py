"""What each chart finds in the sums."""
