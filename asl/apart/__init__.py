"""Work on what strangers bring, in processes of its own."""
