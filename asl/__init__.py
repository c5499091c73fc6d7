"""Recognise American Sign Language handshapes: data, training, bundles and prediction."""
