"""What a person does from one end to the other, and what others can see of it."""
