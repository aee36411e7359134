"""The windows. Qt lives only here (and in the page writer of reports)."""
