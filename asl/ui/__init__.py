"""What the pages share. The only place under `asl` that knows Streamlit."""
