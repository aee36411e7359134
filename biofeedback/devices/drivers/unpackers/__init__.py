"""Code between the notifications of one maker and frames that a profile can describe, both ways; one file each."""
