"""Blocks: models that mean the same for every registry. A component renders a block's fields, or refuses them."""
