@echo off
rem Installs collect-xl and its Collect tab for Excel on Windows; double-click it.
rem
rem It needs the wheel collect_xl-*.whl and constraints.txt in its own folder, finds a 64-bit Python (3.11 or newer) or
rem uv, and makes the environment %LOCALAPPDATA%\Programs\collect-xl. Run again with a newer wheel it upgrades. What is
rem given as arguments goes to "collect-xl addin install", such as: --dest FOLDER
setlocal EnableExtensions DisableDelayedExpansion
title collect-xl
set "HERE=%~dp0"
set "TARGET=%LOCALAPPDATA%\Programs\collect-xl"
set "PYTHON="
set "UV="
set "SEEN="
rem 0: fits; 3: older than 3.11; 4: 32 bits; 5: from the Microsoft Store, whose files Excel does not see.
set "TEST=import sys, venv, ensurepip; sys.exit(3 if sys.version_info < (3, 11) else 4 if sys.maxsize < 2**32 else 5 if 'WindowsApps' in sys.base_prefix else 0)"

set "WHEEL="
set COUNT=0
for /f "delims=" %%W in ('dir /b "%HERE%collect_xl-*.whl" 2^>nul') do (
  set "WHEEL=%HERE%%%W"
  set /a COUNT+=1
)
if %COUNT% EQU 0 (
  echo The file collect_xl-*.whl is not in this folder:
  echo   "%HERE%"
  echo Unzip the whole download into a folder, then double-click install.cmd there.
  goto failed
)
if %COUNT% GTR 1 (
  echo There are several files collect_xl-*.whl in this folder:
  echo   "%HERE%"
  echo Keep the newest one only, then run this again.
  goto failed
)
set "CONSTRAINTS="
if exist "%HERE%constraints.txt" set CONSTRAINTS=-c "%HERE%constraints.txt"

rem A folder of that name that is no environment is the user's: it is left as it is.
if exist "%TARGET%" if not exist "%TARGET%\pyvenv.cfg" (
  echo The folder "%TARGET%" is there already, and was not made by this installer.
  echo Rename it, then run this again.
  goto failed
)

if exist "%TARGET%\Scripts\python.exe" (
  call :try "%TARGET%\Scripts\python.exe"
)
if defined PYTHON (
  echo Upgrading "%TARGET%"
  goto install
)

for %%V in (3.14 3.13 3.12 3.11) do if not defined PYTHON call :try_launcher %%V
for %%V in (314 313 312 311) do (
  if not defined PYTHON if exist "%LOCALAPPDATA%\Programs\Python\Python%%V\python.exe" call :try "%LOCALAPPDATA%\Programs\Python\Python%%V\python.exe"
  if not defined PYTHON if exist "%ProgramFiles%\Python%%V\python.exe" call :try "%ProgramFiles%\Python%%V\python.exe"
)
for %%P in (python.exe) do if not defined PYTHON if not "%%~$PATH:P" == "" call :try "%%~$PATH:P"
if defined PYTHON goto make

for %%P in (uv.exe) do if not "%%~$PATH:P" == "" set "UV=%%~$PATH:P"
if not defined UV if exist "%USERPROFILE%\.local\bin\uv.exe" set "UV=%USERPROFILE%\.local\bin\uv.exe"
if defined UV goto make_with_uv

if "%SEEN%" == "old" echo The Python on this computer is older than 3.11.
if "%SEEN%" == "32" echo The Python on this computer has 32 bits; 64 are needed.
if "%SEEN%" == "store" (
  echo The Python on this computer is from the Microsoft Store. Windows hides from Excel what it installs,
  echo so the Collect tab could not start it.
)
if "%SEEN%" == "stub" (
  echo The file python.exe on this computer is not Python: it only opens the Microsoft Store.
)
if "%SEEN%" == "" echo Python was not found on this computer.
echo Get Python from https://www.python.org/downloads/windows/ : "Windows installer (64-bit)".
echo Install it, then double-click install.cmd again. Administrator rights are not needed.
goto failed

:make
echo Making "%TARGET%" with "%PYTHON%"
"%PYTHON%" -m venv --clear "%TARGET%"
if errorlevel 1 goto not_made
goto install

:make_with_uv
echo Making "%TARGET%" with uv, which brings a Python of its own
"%UV%" venv --quiet --clear --seed --python 3.12 "%TARGET%"
if errorlevel 1 goto not_made
goto install

:install
for %%W in ("%WHEEL%") do echo Installing %%~nxW
"%TARGET%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check %CONSTRAINTS% "%WHEEL%"
if errorlevel 1 goto not_installed
rem The same version may be installed again, as after a repair: the wheel alone, by force.
"%TARGET%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall "%WHEEL%"
if errorlevel 1 goto not_installed
"%TARGET%\Scripts\python.exe" -m collect_xl addin install %*
if errorlevel 1 (
  echo collect-xl is installed, but the Collect tab is not. See above, then run this again.
  goto failed
)
echo.
echo Looking whether all is well:
"%TARGET%\Scripts\python.exe" -m collect_xl doctor
if errorlevel 1 echo The lines marked WRONG still need attention. A missing API key is given in Excel.
echo.
echo All is installed.
echo Next: start Excel, open the tab Collect, press Settings and give your API key.
echo To try it without Excel:  "%TARGET%\Scripts\collect-xl.exe" demo
pause
exit /b 0

:not_made
echo The environment could not be made. See above.
goto failed

:not_installed
echo The installation did not succeed. See above. Is this computer online?
goto failed

:failed
echo.
pause
exit /b 1

:try_launcher
rem Ask the launcher of python.org for the path of one version.
for /f "usebackq delims=" %%P in (`py -%1 -c "import sys; print(sys.executable)" 2^>nul`) do call :try "%%P"
exit /b 0

:try
rem Keep a Python that fits; note why another one does not.
"%~1" -c "%TEST%" >nul 2>nul
if not errorlevel 1 (
  set "PYTHON=%~1"
  exit /b 0
)
if errorlevel 6 (
  set "SEEN=stub"
  exit /b 0
)
if errorlevel 5 (
  set "SEEN=store"
  exit /b 0
)
if errorlevel 4 (
  set "SEEN=32"
  exit /b 0
)
if errorlevel 3 (
  set "SEEN=old"
  exit /b 0
)
set "SEEN=stub"
exit /b 0
