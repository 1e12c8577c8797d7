"""Which ids does the service give? (HyperPod facts, section 4.1)"""

import hashlib


def made_up_id(name: str) -> str:
    """The id that stands for the one the service would give to a quota of this name."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]
