"""Copaco's older Billing API, versions 2 to 4: answers in JSON and in XML."""
