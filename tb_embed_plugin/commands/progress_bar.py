"""The bar of what takes long, in the form that `tqdm` takes."""

BAR = "{desc}: {percentage:3.0f} %|{bar}| {elapsed}{postfix}"
"""A layer, its progress, and what is being done."""
