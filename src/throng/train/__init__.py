"""The toolkit that trains and judges counters: datasets, networks, losses, training, evaluation, export.

Datasets and evaluation need nothing beyond the ordinary installation; networks, losses and training need PyTorch
(extra `train`).
"""
