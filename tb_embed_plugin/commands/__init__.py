"""The command `tb-embed`, a module a subcommand."""
