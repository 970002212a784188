"""What the workers of SCOOP and Dask share: a roster on each host, and the attempt that a worker runs in a child."""
