"""One killable process that evaluates: the owner's side (`child`) and its own (`main`)."""
