#!/bin/bash
# Installs collect-xl and its Collect tab for Excel on macOS; double-click it in Finder.
#
# It needs the wheel collect_xl-*.whl and constraints.txt in its own folder, finds a Python (3.11 or newer) or uv, and
# makes the environment ~/.collect-xl. Run again with a newer wheel it upgrades. What is given as arguments goes to
# "collect-xl addin install", such as: --dest FOLDER

set -u
here="$(cd "$(dirname "$0")" && pwd)"
environment="$HOME/.collect-xl"

leave() {  # leave CODE MESSAGE...: say how it ended, and keep the window open until the user has read it
  local code="$1"
  shift
  printf '\n'
  printf '%s\n' "$@"
  if [ -t 0 ]; then
    printf '\nPress Enter to close this window. '
    read -r _
  fi
  exit "$code"
}

fits() {  # fits PYTHON: whether it starts, is 3.11 or newer, and can make environments
  # The python3 of macOS without developer tools is a stub that opens a window: ask for the tools first.
  if [ "$1" = /usr/bin/python3 ] && [ "$(uname)" = Darwin ] && ! xcode-select -p >/dev/null 2>&1; then
    return 1
  fi
  "$1" -c 'import sys, venv, ensurepip; raise SystemExit(sys.version_info < (3, 11) or sys.maxsize < 2**32)' >/dev/null 2>&1
}

find_python() {  # prints the newest Python that fits; nothing where there is none
  local minor folder python
  for minor in 14 13 12 11; do
    for folder in "/Library/Frameworks/Python.framework/Versions/3.$minor/bin" /opt/homebrew/bin /usr/local/bin; do
      if [ -x "$folder/python3.$minor" ] && fits "$folder/python3.$minor"; then
        printf '%s\n' "$folder/python3.$minor"
        return
      fi
    done
    python="$(command -v "python3.$minor")"
    if [ -n "$python" ] && fits "$python"; then
      printf '%s\n' "$python"
      return
    fi
  done
  python="$(command -v python3)"
  if [ -n "$python" ] && fits "$python"; then
    printf '%s\n' "$python"
  fi
}

find_uv() {  # prints where uv is; nothing where it is not
  local candidate
  for candidate in "$(command -v uv)" "$HOME/.local/bin/uv" "$HOME/.cargo/bin/uv" /opt/homebrew/bin/uv /usr/local/bin/uv; do
    if [ -n "$candidate" ] && [ -x "$candidate" ]; then
      printf '%s\n' "$candidate"
      return
    fi
  done
}

wheels=("$here"/collect_xl-*.whl)
if [ ! -f "${wheels[0]}" ]; then
  leave 1 "The file collect_xl-*.whl is not in this folder:" "  $here" \
    "Unzip the whole download into a folder, then double-click install.command there."
fi
if [ "${#wheels[@]}" -gt 1 ]; then
  leave 1 "There are several files collect_xl-*.whl in this folder:" "  $here" "Keep the newest one only, then run this again."
fi
wheel="${wheels[0]}"
constraints=()
if [ -f "$here/constraints.txt" ]; then
  constraints=(-c "$here/constraints.txt")
fi

# A folder of that name that is no environment is the user's: it is left as it is.
if [ -e "$environment" ] && [ ! -f "$environment/pyvenv.cfg" ]; then
  leave 1 "The folder $environment is there already, and was not made by this installer." \
    "Rename it, then run this again."
fi

uv="$(find_uv)"
if [ -f "$environment/pyvenv.cfg" ] && fits "$environment/bin/python"; then
  printf 'Upgrading %s\n' "$environment"
else
  python="$(find_python)"
  if [ -n "$python" ]; then
    printf 'Making %s with %s\n' "$environment" "$python"
    "$python" -m venv --clear "$environment" || leave 1 "The environment $environment could not be made. See above."
  elif [ -n "$uv" ]; then
    printf 'Making %s with uv, which brings a Python of its own\n' "$environment"
    "$uv" venv --quiet --clear --seed --python 3.12 "$environment" || leave 1 "uv could not make $environment. See above."
  else
    leave 1 "Python 3.11 or newer was not found on this computer." \
      "Get it from https://www.python.org/downloads/macos/ (the big yellow button), install it," \
      "then double-click install.command again."
  fi
fi

printf 'Installing %s\n' "$(basename "$wheel")"
# The same version may be installed again, as after a repair: --force-reinstall of the wheel alone.
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check ${constraints[@]+"${constraints[@]}"} "$wheel" &&
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall "$wheel" ||
  leave 1 "The installation did not succeed. See above. Is this computer online?"

"$environment/bin/collect-xl" addin install "$@" ||
  leave 1 "collect-xl is installed, but the Collect tab is not. See above, then run this again."

printf '\nLooking whether all is well:\n'
"$environment/bin/collect-xl" doctor ||
  printf 'The lines marked WRONG still need attention. A missing API key is given in Excel.\n'

leave 0 "All is installed." \
  "Next: start Excel, open the tab Collect, press Settings and give your API key." \
  "To try it without Excel, type in Terminal:  ~/.collect-xl/bin/collect-xl demo"
