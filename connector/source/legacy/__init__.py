"""The older Billing API, versions 2 to 4, in JSON and XML; see ``docs/copaco.md`` for what each brought."""
