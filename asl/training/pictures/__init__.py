"""What training on pictures needs beside the loop that trains every kind."""
