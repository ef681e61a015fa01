"""What several interfaces do alike."""
