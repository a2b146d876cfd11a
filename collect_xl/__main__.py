"""``python -m collect_xl``, for machines where the script is not on the path."""

from collect_xl.cli import main

main()
