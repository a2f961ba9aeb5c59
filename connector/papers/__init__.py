"""Papers: mailed invoices as files (UBL, PDF, mail), read into values of the domain. Comparing is for the domain."""
