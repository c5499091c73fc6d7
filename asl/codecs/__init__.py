"""What is done around Pillow's decoders; `asl.images` puts it together.

For single formats, what their files need before Pillow decodes them, or instead; for all, how much
may be decoded (`limits`), and what becomes of the pixels (`srgb`).
"""
