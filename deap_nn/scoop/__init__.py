"""SCOOP with a more robust launcher: `python -m deap_nn.scoop -n 4 script.py`, with the same options as SCOOP.

What it adds to `python -m scoop`: a worker that dies is replaced, even an idle one; the exit code is the
script's; when the launcher is interrupted or killed, nothing is left behind. It uses SCOOP's own extension
point (the class that launches a host's workers) and a broker that outlives its workers.
"""
