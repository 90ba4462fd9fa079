"""The schema's history, one revision a file, shipped with the program and run by ``caselib db upgrade``.

A revision never imports a room: it must mean the same in ten years. Never edit one that was released.
"""
