-- Starts Python for the Collect tab of Excel, and returns at once.
--
-- Excel hands over lines: a file that proves that collect-xl is as the add-in expects it (may be empty), Python itself,
-- then Python's words. Each is quoted for the shell, which therefore interprets none of them.

on StartCollect(linesOfExcel)
	set given to paragraphs of linesOfExcel
	set proof to item 1 of given
	set python to quoted form of (item 2 of given)
	try
		do shell script "test -x " & python
		if proof is not "" then do shell script "test -e " & quoted form of proof
	on error
		return "missing"
	end try
	set command to python
	repeat with place from 3 to count of given
		set command to command & " " & quoted form of (item place of given)
	end repeat
	try
		do shell script command & " > /dev/null 2>&1 &"
	on error message
		return message
	end try
	return ""
end StartCollect
