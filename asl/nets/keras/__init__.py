"""Networks for words in Keras 3 on TensorFlow, twins of those in PyTorch, one a file.

Only what trains with TensorFlow imports this room. Layers and their parts are called as in PyTorch,
so that weights go from one to the other by name; see `asl.nets.keras.weights`.
"""
