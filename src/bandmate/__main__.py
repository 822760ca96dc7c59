"""`python -m bandmate` is the command line."""

from bandmate.cli.main import main

raise SystemExit(main())
