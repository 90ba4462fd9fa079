"""The site: one blueprint for each thing a visitor does.

Views ask a room and show its answer. They must not decide what a room should decide, and hold no state of their own
beyond caches that can be thrown away.
"""
