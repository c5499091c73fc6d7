"""Plotly figures of what was measured and seen. They know no Streamlit."""
