"""The workbook of a mapping set: the tables as an accountant edits them in a spreadsheet.

``workbook`` writes it, ``take`` reads what was changed in it, ``with_mistakes`` shows what is wrong. Nothing here
writes the tables: that is left to whoever asked the person.
"""

from connector.mapping_files.workbook_mistakes import Mistake, WorkbookError, with_mistakes
from connector.mapping_files.workbook_taking import Taken, take
from connector.mapping_files.workbook_writing import workbook

__all__ = ["Mistake", "Taken", "WorkbookError", "take", "with_mistakes", "workbook"]
