"""Who may use the app, and what each may change."""
