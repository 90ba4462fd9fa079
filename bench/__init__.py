"""What is measured, and against whom. ``python -m bench`` runs everything; ``python -m bench search`` one part."""
