Attribute VB_Name = "CollectXlStart"
Option Explicit

' A button starts Python with these words and returns at once, so that Excel stays usable while Python works:
'     PYTHON -I -m collect_xl.addin BUTTON --wb=WORKBOOK --from_xl=1 --hwnd=WINDOW [--selection=SHEET!CELLS]
' Which Python stands on a sheet of this add-in. No other workbook, folder or file is asked, and nothing that an
' open workbook holds is run.

Private Const TITLE As String = "Collect"
Private Const SETTINGS As String = "collect_xl.conf"
Private Const STARTING As String = "Collect is starting. If this stays, run in a terminal: collect-xl doctor"
Private Const LONGEST As Long = 2000 ' The shell of Windows takes 2,048 characters.

Public Sub StartCollect(ByVal button As String, Optional ByVal chosen As String = "")
    Dim refusal As String
    refusal = WhatHinders(chosen)
    If refusal = "" Then
        Application.StatusBar = STARTING
        refusal = Started(Words(button, chosen))
        If refusal <> "" Then CleanUp
    End If
    If refusal <> "" Then Tell refusal
End Sub

Public Sub Tell(ByVal message As String)
    MsgBox message, vbExclamation, TITLE
End Sub

Public Sub CleanUp()
    ' Excel's own words come back. On macOS any Python with xlwings may call a macro of this name when it ends.
    Application.StatusBar = False
End Sub

Private Function WhatHinders(ByVal chosen As String) As String
    If InProtectedView() Then
        ' Another workbook would count as the active one, and the button would work on that.
        WhatHinders = "The window in front is a workbook in Protected View. Press Enable Editing there, or bring the" & _
            " workbook with your contacts in front, then press the button again."
    ElseIf ActiveWorkbook Is Nothing Then
        WhatHinders = "No workbook is open for editing. Open the workbook with your contacts" & _
            " (in Protected View: Enable Editing), then press the button again."
    ElseIf Setting("Interpreter") = "" Then
        WhatHinders = "This add-in was built without a Python of its own." & Repair()
    ElseIf Not IsThere(Setting("Interpreter")) Or Not IsThere(Setting("Proof")) Then
        WhatHinders = Stale()
    Else
        WhatHinders = UnfitName(ActiveWorkbook.Name & chosen)
    End If
End Function

Private Function Words(ByVal button As String, ByVal chosen As String) As Variant
    Dim found As Variant
    found = Array(Setting("Interpreter"), "-I", "-m", "collect_xl.addin", button, _
        "--wb=" & ActiveWorkbook.Name, "--from_xl=1", "--hwnd=" & ExcelWindow())
    If chosen <> "" Then
        ReDim Preserve found(UBound(found) + 1)
        found(UBound(found)) = "--selection=" & chosen
    End If
    Words = found
End Function

Private Function Setting(ByVal wanted As String) As String
    Dim place As Long
    If Not SheetExists(ThisWorkbook, SETTINGS) Then Exit Function
    For place = 1 To 20
        If ThisWorkbook.Worksheets(SETTINGS).Cells(place, 1).Value = wanted Then
            Setting = ThisWorkbook.Worksheets(SETTINGS).Cells(place, 2).Value
        End If
    Next place
End Function

Private Function Stale() As String
    Stale = "collect-xl was updated, moved or removed after this add-in was made. Nothing was started." & _
        " Install collect-xl again if it was removed." & Repair()
End Function

Private Function Repair() As String
    Dim remedy As String
    remedy = Setting("Repair")
    If remedy = "" Then remedy = "collect-xl addin install"
    Repair = vbNewLine & vbNewLine & "Quit Excel, and run this in " & Setting("Terminal") & ":" & vbNewLine & remedy
End Function

#If Mac Then

Private Function ExcelWindow() As String
    ExcelWindow = "0"
End Function

Private Function InProtectedView() As Boolean
    ' Excel for Mac has no Protected View, nor a word for it.
    InProtectedView = False
End Function

Private Function IsThere(ByVal file As String) As Boolean
    ' The sandbox would ask the user for leave to look; the AppleScript looks instead.
    IsThere = True
End Function

Private Function UnfitName(ByVal given As String) As String
    Dim at As Long, code As Long
    For at = 1 To Len(given)
        code = AscW(Mid$(given, at, 1))
        ' The script takes each line for a word; it quotes whatever else a name may hold.
        If (code >= 0 And code < 32) Or code = 8232 Or code = 8233 Then
            UnfitName = "The name of the workbook or of the sheet holds a line break, or a sign that is not seen." & _
                " Rename it, then press the button again."
        End If
    Next at
End Function

Private Function Started(ByVal parts As Variant) As String
    Dim answer As String
    On Error GoTo NoScript
    answer = AppleScriptTask("collect_xl.applescript", "StartCollect", Setting("Proof") & vbLf & Join(parts, vbLf))
    If answer = "missing" Then
        Started = Stale()
    ElseIf answer <> "" Then
        Started = "Python could not be started: " & answer & Repair()
    End If
    Exit Function
NoScript:
    Started = "The script collect_xl.applescript, which starts Python, is missing or was refused." & Repair()
End Function

#Else

Private Function ExcelWindow() As String
    ExcelWindow = CStr(Application.Hwnd)
End Function

Private Function InProtectedView() As Boolean
    InProtectedView = Not Application.ActiveProtectedViewWindow Is Nothing
End Function

Private Function IsThere(ByVal file As String) As Boolean
    ' Dir and GetAttr know only the letters of the system's own language; this knows all.
    If file = "" Then
        IsThere = True
    Else
        IsThere = CreateObject("Scripting.FileSystemObject").FileExists(file)
    End If
End Function

Private Function UnfitName(ByVal given As String) As String
    If Len(given) + Len(Setting("Interpreter")) > LONGEST - 200 Then
        UnfitName = "The selection is scattered over too many places. Select fewer blocks of rows."
    End If
End Function

Private Function Started(ByVal parts As Variant) As String
    On Error GoTo Refused
    WScript.Environment("PROCESS").Item("COLLECT_XL_PERCENT") = "%"
    WScript.Run StartLine(parts), 1, False
    Exit Function
Refused:
    Started = "Windows did not let Excel start Python (" & Err.Description & ")." & vbNewLine & vbNewLine & _
        "To see why, run in a terminal: collect-xl doctor" & vbNewLine & _
        "To work without any macro: collect-xl send --live"
End Function

Private Function StartLine(ByVal parts As Variant) As String
    Dim word As Variant
    For Each word In parts
        StartLine = StartLine & " " & Quoted(CStr(word))
    Next word
    StartLine = Mid$(StartLine, 2)
End Function

Private Function Quoted(ByVal word As String) As String
    ' No name of a workbook or sheet holds a backslash. Run replaces %NAMES% by variables, once: so a per cent sign
    ' is itself put there by a variable.
    Quoted = """" & Replace(Replace(word, """", "\"""), "%", "%COLLECT_XL_PERCENT%") & """"
End Function

#End If
