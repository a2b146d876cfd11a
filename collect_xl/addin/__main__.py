"""``python -I -m collect_xl.addin BUTTON --wb=NAME --from_xl=1 --hwnd=N``: what VBA starts, without waiting for it."""

import sys

from collect_xl.addin.broken_start import tell_broken_start

try:
    from collect_xl.addin.ready import READY, say_ready
    from collect_xl.addin.windows import be_sharp

    # Windows decides with the first window of a process, also one that COM makes, how all of them look.
    be_sharp()
    if sys.argv[1:] == [READY]:  # that is answered before anything that may be missing is imported
        do = say_ready
    else:
        from collect_xl.addin.ribbon import main

        def do() -> int:
            """Do what the button asks for."""
            return main(sys.argv[1:])
except Exception as error:
    # Whatever is broken: no terminal shows it.
    raise SystemExit(tell_broken_start(error)) from error

raise SystemExit(do())
