"""`python -m deap_nn`: the command `deap-nn`."""

from deap_nn.cli import main

if __name__ == "__main__":
    main()
