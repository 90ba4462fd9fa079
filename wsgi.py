"""The entry point for a WSGI server: ``gunicorn wsgi:app``."""

import click

from caselib.app import create_running_app
from caselib.config import Settings
from caselib.operations.starting import begin

settings = Settings()
held = begin(settings, click.echo)  # kept for as long as the process lives: a restore must not run meanwhile
app = create_running_app(settings)
