"""Results files: what they hold, how models become some, and the pages that show them."""
