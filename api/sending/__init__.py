"""A program's order to send: checked, answered for each number, handed over. What all three interfaces share."""
