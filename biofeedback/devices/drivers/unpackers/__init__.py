"""Code that turns the notifications of one maker into frames that a profile can describe; one file each."""
