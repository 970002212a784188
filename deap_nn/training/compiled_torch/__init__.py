"""Fast training with PyTorch: on a GPU, a step of a network is one captured CUDA graph, replayed."""
