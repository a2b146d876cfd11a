/* python.exe, and with WINDOWED pythonw.exe: hand the command line to the Python whose DLL lies in system32. */
#include <windows.h>
#include <shellapi.h>

typedef int (*PyMain)(int, wchar_t **);

static int start(void) {
  int count;
  wchar_t **words = CommandLineToArgvW(GetCommandLineW(), &count);
  HMODULE python = LoadLibraryW(PYTHON_DLL);
  return python ? ((PyMain)GetProcAddress(python, "Py_Main"))(count, words) : 111;
}

#ifdef WINDOWED
int WINAPI wWinMain(HINSTANCE self, HINSTANCE none, LPWSTR line, int show) { return start(); }
#else
int wmain(void) { return start(); }
#endif
