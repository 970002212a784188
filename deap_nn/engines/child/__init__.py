"""One killable process that evaluates: its owner's side (`child`) and its own (`main`)."""
