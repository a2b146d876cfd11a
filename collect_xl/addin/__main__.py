"""``python -I -m collect_xl.addin BUTTON --wb=NAME --from_xl=1 --hwnd=N``: what VBA starts, without waiting for it."""

import sys

from collect_xl.addin.ready import READY, say_ready

if sys.argv[1:] == [READY]:  # before anything that may be missing is imported: it says what is
    raise SystemExit(say_ready())

from collect_xl.addin.ribbon import main

raise SystemExit(main(sys.argv[1:]))
