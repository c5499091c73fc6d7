"""What the browser draws or does by a script of its own: components of several pages."""
