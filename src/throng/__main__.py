"""`python -m throng` is `throng`."""

from throng.cli.main import main

if __name__ == "__main__":
    main()
