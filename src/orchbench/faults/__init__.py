"""The fault matrix: what goes wrong on every way, and whether the promise held.

``promise`` is the promise and pure; ``catalogue`` names the faults of rehearsals, ``rehearsed`` runs them,
``matrix`` puts rows together. ``local`` makes faults on the real local servers.
"""
