"""The Attention page: what an answer rests on."""
