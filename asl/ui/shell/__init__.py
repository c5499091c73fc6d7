"""What holds the app together around its pages: visitors, limits, closing."""
