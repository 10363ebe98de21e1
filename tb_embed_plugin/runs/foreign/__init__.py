"""What others wrote: readers of their formats, and the run that is made of what these find."""
