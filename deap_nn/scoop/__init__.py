"""SCOOP with a launcher that survives: `python -m deap_nn.scoop -n 4 script.py`, all options as SCOOP's.

What it adds to `python -m scoop`: a worker that dies is replaced, also an idle one; the exit code is the
script's; when the launcher is interrupted or killed, nothing is left behind. It uses SCOOP's own extension
point (the class that launches a host's workers) and a broker that outlives its workers.
"""
