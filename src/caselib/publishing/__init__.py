"""From scores to a published batch: quotas, selection, public notice, release. It decides; it does not score."""
