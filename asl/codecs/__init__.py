"""What files of single formats need before Pillow decodes them, or instead; see `asl.images`."""
