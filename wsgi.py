"""The entry point for a WSGI server: ``gunicorn wsgi:app``."""

from caselib.app import create_running_app

app = create_running_app()
