"""Operations: getting ready to serve, backup and restore, the doctor, the demo's people.

This room looks after the others as a whole. It must not decide anything about a case, an account or a review, and
must run without the web.
"""
