Attribute VB_Name = "CollectXlRibbon"
Option Explicit

' What the ribbon calls. Each button carries its word in its tag; customUI14.xml says which button calls which Sub.

Public Sub OnButton(control As IRibbonControl)
    StartCollect control.Tag
End Sub

Public Sub OnButtonForSelection(control As IRibbonControl)
    ' Without cells the button must do nothing: it must never mean the whole sheet.
    Dim chosen As String
    chosen = SelectedCells()
    If chosen = "" Then
        Tell "Select cells in the rows that you mean, then press the button again."
    Else
        StartCollect control.Tag, chosen
    End If
End Sub

Private Function SelectedCells() As String
    Dim area As Range, found As String
    If TypeName(Selection) <> "Range" Then Exit Function
    For Each area In Selection.Areas
        found = found & "," & area.Address(False, False)
    Next area
    SelectedCells = Selection.Worksheet.Name & "!" & Mid$(found, 2)
End Function
