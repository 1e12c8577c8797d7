"""What a cluster's own objects say of Kueue's manager: its Configuration, and the release it runs."""
