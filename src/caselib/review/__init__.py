"""From a call to scores: submissions, screening, assignment, reviews, calibration. It never publishes."""
