-- Starts Python for the Collect tab of Excel, and returns at once.
--
-- Excel hands over lines: a file that proves that collect-xl is as the add-in expects it (may be empty), Python itself,
-- then Python's words. Each is quoted for the shell, which therefore interprets none of them.

on StartCollect(excelText)
	set excelLines to paragraphs of excelText
	set proofFile to item 1 of excelLines
	set shellLine to quoted form of (item 2 of excelLines)
	try
		do shell script "test -x " & shellLine
		if proofFile is not "" then do shell script "test -e " & quoted form of proofFile
	on error
		return "missing"
	end try
	repeat with wordNumber from 3 to (count of excelLines)
		set shellLine to shellLine & " " & quoted form of (item wordNumber of excelLines)
	end repeat
	try
		do shell script shellLine & " > /dev/null 2>&1 &"
	on error errorText
		return errorText
	end try
	return ""
end StartCollect
