"""What keeps a message from leaving now: lists and frequency per number, caps, hours. Asked by claim and forecast."""
